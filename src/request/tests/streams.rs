//! Several requests in one text.
#![expect(clippy::indexing_slicing, reason = "a failing test may panic")]

use crate::error::Code;
use crate::request::{Request, read_stream};

#[test]
fn a_stream_is_read_request_by_request() {
    let text = "# a comment\n---\noperation: a\nparams:\n  body: |\n    one\n---\nstill one\n---\n{operation: b}\n--- # next\noperation: [\n---\nlist_teams\n---\n";
    let names: Vec<_> = read_stream(text)
        .into_iter()
        .map(|found| {
            found
                .map(|request| request.operation)
                .map_err(|error| error.code())
        })
        .collect();
    assert_eq!(
        names,
        [
            Ok("a".to_owned()),
            Ok("b".to_owned()),
            Err(Code::InvalidRequest),
            Ok("list_teams".to_owned())
        ]
    );
    assert!(read_stream("# nothing\n---\n").is_empty());
}

#[test]
fn a_text_without_indentation_is_not_parted() {
    let head = "operation: create_comment\nparams:\n  issue_id: PSN-1\n  body: |\n    one\n";
    for rest in [
        "---\n- two\n",
        "---\nDone\n",
        "- two\n---\n# Heading\n",
        "---\nTags: {a}\n---\n\n---\nparams are fine\n",
    ] {
        let text = format!("{head}{rest}---\noperation: list_teams\n");
        let found: Vec<Request> = read_stream(&text).into_iter().map(Result::unwrap).collect();
        assert_eq!(found.len(), 2, "{text}");
        assert_eq!(found[0].params["body"], format!("one\n{rest}"));
        assert_eq!(found[1].operation, "list_teams");
    }
    let text = format!("{head}two\n---\ncontext:\n  purpose: x\n");
    let found: Vec<Request> = read_stream(&text).into_iter().map(Result::unwrap).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].params["body"], "one\ntwo\n---\n");
    assert_eq!(found[0].context.purpose.as_deref(), Some("x"));
}
