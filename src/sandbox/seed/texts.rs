//! The seed's longer texts, as markdown is sent; planting them normalises them.

/// The content of the project "Auth System".
pub(super) const AUTH_PROJECT: &str = "# Goal\n\nOne sign-in for every surface.";

/// The document "Auth System Spec".
pub(super) const AUTH_SPEC: &str = "\
# Auth System Spec

## Flow

1. The user signs in.
2. The server answers with a token.

```rust
fn verify(token: &str) -> bool {
    !token.is_empty() // - not a list
}
```
";

/// The description of PSN-123, with a checklist between CCPM's markers.
pub(super) const AUTHENTICATION: &str = "\
## Overview

Users sign in with *email and password*; sessions last 30 days.

<!-- ccpm-checklist-start -->
* [X] Design the session table
* [ ] Hash passwords with argon2
* [ ] Issue and rotate tokens
* [ ] Rate-limit failed attempts
<!-- ccpm-checklist-end -->

Progress: 25% (1/4 completed)
Last updated: 2025-01-14 09:30 UTC

## Notes

Keep `auth_token` out of the logs.";

/// The description of PSN-124, with a checklist under a header.
pub(super) const PASSWORD_RESET: &str = "\
Reset by mail.

## Implementation Checklist

* [X] Mail template
* [X] Token with a one-hour life
* [ ] Form";

/// A description full of what breaks careless YAML: quotes, colons, emoji, a fence, a line that looks like a document end.
pub(super) const AWKWARD: &str = "\
He said: \"it's 100% broken\" \u{2014} see key: value, [brackets], {braces}, #hash and 'quotes' \u{1f600}

```yaml
operation: get_issue
params:
  issue_id: \"ENG-231\"   # trailing comment
---
```

* first: a
* second: \"b\"
* no: yes";
