//! Which parameter of an operation a spelling means, the table of other words for parameters, and what happens to a key
//! that means none: some may be ignored, and the others are refused.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::Value;

use super::canonical::{InputValue, shorten_name};
use super::{CommonParam, Field, Signature, Spec};
use crate::error::{Code, Error};
use crate::params::{
    asks_for_refresh, is_added_by_host, is_ignored_key, parse_switch, plain_name, to_snake_case,
};
use crate::text::nearest::nearest;

/// Finds the parameters of one operation by spelling. Spellings are passed without case and separators
/// ([`plain_name`]), so that a long or hostile one is normalized once and not once per known name.
pub(super) struct ParameterNames<'a> {
    signature: &'a Signature,
    operation: &'static str,
    by_name: HashMap<String, &'a Field>,
    subject: Option<&'a Field>,
}

impl<'a> ParameterNames<'a> {
    pub fn new(signature: &'a Signature, spec: &Spec) -> Self {
        Self {
            signature,
            operation: spec.name,
            by_name: signature
                .fields
                .iter()
                .map(|field| (plain_name(&field.name), field))
                .collect(),
            subject: spec.subject.and_then(|name| signature.field(name)),
        }
    }

    /// Every field, in order of declaration.
    pub fn fields(&self) -> impl Iterator<Item = &'a Field> {
        self.signature.fields.iter()
    }

    /// The field that has this canonical name.
    pub fn by_name(&self, plain: &str) -> Option<&'a Field> {
        self.by_name.get(plain).copied()
    }

    /// The field that a spelling means. `named` holds the fields that the request gives under their own names: an
    /// ambiguous spelling means a field that is still free.
    pub fn find(&self, plain: &str, named: &HashSet<&str>) -> Option<&'a Field> {
        if let Some(field) = self.by_name(plain) {
            return Some(field);
        }
        let mut candidates = alias_rows(plain)
            .filter(|row| row.applies_to(self.operation))
            .flat_map(|row| row.fields)
            .filter_map(|name| self.signature.field(name));
        let first = candidates.next();
        // Beside `comment_id: …`, `comment` means the text. Alone, it means the id.
        let free = first
            .into_iter()
            .chain(candidates)
            .find(|field| !named.contains(field.name.as_str()));
        free.or(first)
            .or_else(|| self.subject.filter(|_| SUBJECT_WORDS.contains(&plain)))
    }

    /// The names of the fields that these spellings name unambiguously, as [`Self::named_field`] decides for each.
    pub fn named_fields<'p>(&self, plain: impl Iterator<Item = &'p str>) -> HashSet<&'a str> {
        let fields = plain.filter_map(|plain| self.named_field(plain));
        fields.map(|field| field.name.as_str()).collect()
    }

    /// The field that a spelling names unambiguously: by its canonical name, or as `id`, `key`, … of the operation's
    /// subject. Another spelling that could mean this field is then free to mean a different one.
    pub fn named_field(&self, plain: &str) -> Option<&'a Field> {
        let as_subject = || {
            let subject = self.subject.filter(|_| SUBJECT_WORDS.contains(&plain))?;
            let meant = self.find(plain, &HashSet::new())?;
            (meant.name == subject.name).then_some(subject)
        };
        self.by_name(plain).or_else(as_subject)
    }

    /// The other spellings that mean this field where a request has no other key.
    pub fn spellings(&self, field: &Field) -> Vec<&'static str> {
        let mut spellings: Vec<&str> = Vec::new();
        let listed = ALIAS_ROWS.iter().flat_map(AliasRow::spellings);
        for spelling in listed.chain(SUBJECT_WORDS) {
            let meant = self.find(&plain_name(spelling), &HashSet::new());
            let is_field = meant.is_some_and(|meant| meant.name == field.name);
            if is_field && spelling != field.name && !spellings.contains(&spelling) {
                spellings.push(spelling);
            }
        }
        spellings
    }

    /// The field whose name or alias is nearest to an unknown spelling.
    pub fn nearest(&self, spelling: &str) -> Option<&'a Field> {
        // A word that other operations use for a parameter is not a spelling mistake: it means that parameter here,
        // too.
        let plain = plain_name(spelling);
        let mut spellings = ALIAS_ROWS.iter().flat_map(|row| row.spellings());
        if spellings.any(|known| plain_name(known) == plain) {
            return None;
        }
        let field_names = self
            .signature
            .fields
            .iter()
            .map(|field| field.name.as_str());
        let others = ALIAS_ROWS
            .iter()
            .filter(|row| row.applies_to(self.operation))
            .filter(|row| {
                row.fields
                    .iter()
                    .any(|name| self.signature.field(name).is_some())
            })
            .flat_map(|row| row.spellings());
        let near = nearest(&to_snake_case(spelling), field_names.chain(others), 1)
            .into_iter()
            .next()?;
        self.find(&plain_name(near), &HashSet::new())
    }
}

/// A row of the alias table: parameters that mean the same thing, and other words for them (`contract.md`, "CCPM").
#[derive(Debug)]
pub(super) struct AliasRow {
    /// Names that operations use for the parameter; each is also an alias of the others.
    pub fields: &'static [&'static str],
    /// Spellings that no operation uses itself.
    pub aliases: &'static [&'static str],
    /// The word that an operation's name has to contain for this row to apply; empty where the row applies to every
    /// operation.
    operation_word: &'static str,
}

impl AliasRow {
    /// Every spelling in the row.
    pub fn spellings<'a>(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.fields.iter().chain(self.aliases).copied()
    }

    /// Whether the row applies to the operation of that name.
    pub fn applies_to(&self, operation: &str) -> bool {
        operation.contains(self.operation_word)
    }
}

/// A row that applies to every operation.
const fn row(fields: &'static [&'static str], aliases: &'static [&'static str]) -> AliasRow {
    row_for("", fields, aliases)
}

/// A row that applies only to operations with `operation_word` in their names. For example, `label_name` is the name
/// of a label, and never a new name for the project that the label is meant for.
const fn row_for(
    operation_word: &'static str,
    fields: &'static [&'static str],
    aliases: &'static [&'static str],
) -> AliasRow {
    AliasRow {
        fields,
        aliases,
        operation_word,
    }
}

/// The words that name an operation's subject when no parameter or alias claims them.
pub(super) const SUBJECT_WORDS: [&str; 4] = ["id", "identifier", "key", "name"];

/// The alias table. A spelling may stand in several rows: the first row that contains a field of the operation counts.
/// Rows for texts are narrow on purpose, because `comment` must never become a description.
pub(super) const ALIAS_ROWS: &[AliasRow] = &[
    row(
        &["issue_id", "issue"],
        &["issue_identifier", "issue_key", "issue_number", "ticket"],
    ),
    row(&["operations"], &["items", "requests"]),
    // A caller who writes one of these expects that nothing is written.
    row(
        &["dry_run"],
        &[
            "preview",
            "simulate",
            "what_if",
            "validate_only",
            "plan_only",
        ],
    ),
    row(&["team", "team_id"], &["team_key", "team_name"]),
    row_for("get_team", &["team"], &["query"]),
    row_for("get_project", &["project"], &["query"]),
    row_for("assign_issue", &["assignee"], &["user", "user_id", "to"]),
    row(
        &["teams"],
        &[
            "team",
            "team_id",
            "team_ids",
            "team_key",
            "team_name",
            "team_names",
        ],
    ),
    row(&["project", "project_id"], &["project_name"]),
    row(
        &["state", "status"],
        &[
            "state_id",
            "status_id",
            "state_name",
            "status_name",
            "workflow_state",
        ],
    ),
    row(
        &["assignee", "assignee_id"],
        &["assignee_name", "assignee_email", "assigned_to"],
    ),
    row(&["delegate"], &["delegate_id", "delegate_name", "agent"]),
    row(&["subscribers"], &["subscriber_ids", "subscriber_names"]),
    row(
        &["add_subscribers"],
        &["add_subscriber", "added_subscribers", "subscribe"],
    ),
    row(
        &["remove_subscribers"],
        &["remove_subscriber", "removed_subscribers", "unsubscribe"],
    ),
    row(&["template"], &["template_id", "template_name"]),
    row(
        &["snooze_until"],
        &["snooze", "snoozed_until", "snoozed_until_at"],
    ),
    row(&["reminder_at"], &["reminder", "remind_at"]),
    row(&["user", "user_id"], &["user_name", "email", "query"]),
    row(&["lead", "lead_id"], &["project_lead", "owner"]),
    row(&["members", "member"], &["member_ids", "member_names"]),
    row(
        &["labels"],
        &["label", "label_ids", "label_names", "label_id", "tags"],
    ),
    row(
        &["add_labels"],
        &[
            "add_label",
            "added_labels",
            "added_label_ids",
            "labels_to_add",
        ],
    ),
    row(
        &["remove_labels"],
        &[
            "remove_label",
            "removed_labels",
            "removed_label_ids",
            "labels_to_remove",
        ],
    ),
    row_for(
        "comment",
        &["parent_id", "parent"],
        &["parent_comment", "parent_comment_id"],
    ),
    row_for(
        "issue",
        &["parent_id", "parent"],
        &["parent_issue", "parent_issue_id", "parent_identifier"],
    ),
    row(
        &["document_id", "document"],
        &["doc", "doc_id", "document_slug", "slug", "slug_id"],
    ),
    row(
        &["cycle", "cycle_id"],
        &["cycle_name", "cycle_number", "sprint"],
    ),
    row(
        &["milestone", "milestone_id"],
        &[
            "project_milestone",
            "project_milestone_id",
            "milestone_name",
        ],
    ),
    row(&["initiative", "initiative_id"], &["initiative_name"]),
    row(
        &["view"],
        &["view_id", "view_name", "custom_view", "custom_view_id"],
    ),
    row(&["comment_id"], &["comment"]),
    row(
        &["body"],
        &[
            "comment",
            "comment_body",
            "content",
            "text",
            "markdown",
            "message",
        ],
    ),
    row(&["content"], &["body", "text", "markdown"]),
    row(
        &["description"],
        &["desc", "body", "content", "text", "markdown"],
    ),
    row(&["title"], &["name", "summary", "subject"]),
    row_for("issue", &["title"], &["issue_title"]),
    row_for("document", &["title"], &["document_title"]),
    row(&["label"], &["label_id", "label_name", "issue_label"]),
    row(&["name"], &["title", "new_name"]),
    row_for("label", &["name"], &["label", "label_name"]),
    row_for("create_project", &["name"], &["project_name"]),
    row(
        &["group"],
        &[
            "group_id",
            "group_name",
            "label_group",
            "parent",
            "parent_id",
            "parent_label",
        ],
    ),
    row(&["query"], &["q", "search", "term", "search_term", "text"]),
    row_for(
        "list_users",
        &["query"],
        &["name", "user", "user_name", "email"],
    ),
    row_for("list_documents", &["query"], &["name", "title"]),
    row_for(
        "list_projects",
        &["query"],
        &["name", "project", "project_name"],
    ),
    row(
        &["limit"],
        &["first", "max_results", "count", "page_size", "per_page"],
    ),
    row(&["cursor"], &["after", "next_cursor", "end_cursor"]),
    row(&["order_by"], &["sort", "sort_by", "order"]),
    row(&["group_by"], &["grouped_by"]),
    row(&["descending"], &["desc"]),
    row(&["count_only"], &["only_count"]),
    row(&["start_date"], &["start", "starts_on"]),
    row(
        &["target_date"],
        &["target", "due_date", "due", "deadline", "end_date"],
    ),
    row(&["due_date"], &["due", "due_on", "deadline"]),
    row(&["priority"], &["prio", "priority_level"]),
    row(&["estimate"], &["points", "story_points"]),
    row(&["color"], &["colour"]),
    row(&["url"], &["link", "href"]),
    row(&["links"], &["link", "attachments"]),
    row(&["blocked_by"], &["depends_on", "blockers"]),
    row(&["related_to"], &["relates_to", "related_issues"]),
    row(&["sub_issues"], &["sub_tasks", "children"]),
    row(&["indices"], &["index", "indexes", "item_indices"]),
    row(&["items"], &["item", "item_texts", "checklist_items"]),
    row(
        &["mark_complete"],
        &["mark_completed", "complete", "completed", "checked", "done"],
    ),
    row(
        &["related_issue_id"],
        &[
            "related_issue",
            "related",
            "related_to",
            "target",
            "target_id",
            "target_issue",
            "target_issue_id",
            "other_issue",
            "to",
        ],
    ),
    row(
        &["type"],
        &["relation_type", "relation", "kind", "link_type"],
    ),
    row(&["mine"], &["my", "my_issues", "assigned_to_me"]),
    row_for("issues", &["team"], &["teams", "team_keys"]),
    row_for("issues", &["state"], &["states", "statuses"]),
    row_for("issues", &["open"], &["is_open", "only_open"]),
    row_for(
        "issues",
        &["exclude_states"],
        &["exclude_state", "exclude_status", "exclude_statuses"],
    ),
    row_for("issues", &["assignee"], &["assignees"]),
    row(&["creator"], &["creator_id", "created_by", "author"]),
    row_for("issues", &["subscriber"], &["subscribers", "subscribed_by"]),
    row_for(
        "issues",
        &["any_labels"],
        &["any_label", "labels_any", "any_of_labels"],
    ),
    row_for(
        "issues",
        &["exclude_labels"],
        &["exclude_label", "without_labels", "not_labels"],
    ),
    row_for("issues", &["no_labels"], &["unlabeled", "unlabelled"]),
    row_for("issues", &["cycle"], &["cycles", "sprints"]),
    row_for("issues", &["priority"], &["priorities"]),
    row_for("issues", &["has_parent"], &["is_sub_issue"]),
    row_for("issues", &["has_children"], &["has_sub_issues"]),
    row_for("issues", &["blocked"], &["is_blocked"]),
    row_for("issues", &["blocking"], &["is_blocking"]),
    row_for("issues", &["overdue"], &["is_overdue", "past_due"]),
    row_for("issues", &["due_after"], &["due_date_after", "due_since"]),
    row_for("issues", &["due_before"], &["due_date_before"]),
    row(&["completed_after"], &["completed_since"]),
    row(&["started_after"], &["started_since"]),
    row(&["include_sub_teams"], &["sub_teams", "with_sub_teams"]),
    row_for(
        "list_projects",
        &["due_after"],
        &["target_date_after", "target_after"],
    ),
    row_for(
        "list_projects",
        &["due_before"],
        &["target_date_before", "target_before"],
    ),
    row(&["created_after"], &["created_since"]),
    row(&["updated_after"], &["updated_since"]),
    // Other servers call the beginning of the period so.
    row_for("issues", &["created_after"], &["created_at"]),
    row_for("issues", &["updated_after"], &["updated_at"]),
    row(&["include_children"], &["include_sub_issues"]),
    row(
        &["include_disabled"],
        &["include_inactive", "include_deactivated", "disabled"],
    ),
    row(
        &["include_relations"],
        &["relations", "include_blockers", "include_links"],
    ),
    row(&["include_archived"], &["archived"]),
    row(
        &["operation"],
        &["operation_name", "topic", "command", "tool"],
    ),
    row(&["detail"], &["detail_level", "verbosity"]),
    row(
        &["refresh_cache"],
        &["refresh", "force_refresh", "no_cache"],
    ),
    row(
        &["max_description_chars"],
        &["max_chars", "max_description_length"],
    ),
];

/// The rows that contain a spelling, which is passed without case and separators.
pub(super) fn alias_rows(plain: &str) -> impl Iterator<Item = &'static AliasRow> + use<> {
    static INDEX: LazyLock<HashMap<String, Vec<&'static AliasRow>>> = LazyLock::new(|| {
        let mut index: HashMap<_, Vec<_>> = HashMap::new();
        for row in ALIAS_ROWS {
            for spelling in row.spellings() {
                index.entry(plain_name(spelling)).or_default().push(row);
            }
        }
        index
    });
    INDEX.get(plain).into_iter().flatten().copied()
}

/// The most unknown keys that an error names.
const MAX_NAMED: usize = 8;

/// How many entries a list returns by default, which is also the most that Linear returns at once (`contract.md`,
/// "Common parameters").
const DEFAULT_LIMIT: u64 = 50;

/// The parameters that mean the same in every operation that takes them.
const COMMON_PARAMETERS: [&str; 9] = [
    "detail",
    "fields",
    "format",
    "limit",
    "cursor",
    "include_archived",
    "refresh_cache",
    "dry_run",
    "max_description_chars",
];

/// First words that negate a filter: `exclude_labels` must not be suggested as `labels`.
const OPPOSITE_PREFIXES: [&str; 5] = ["exclude", "not", "without", "no", "except"];

/// Words that ask for an addition to the present value, although the field with the nearest name replaces that value.
const ADDING_WORDS: [&str; 2] = ["append", "prepend"];

/// Parameters by which other servers relate an issue to others, without case and separators.
const RELATION_WORDS: [&str; 5] = [
    "blocks",
    "blockedby",
    "relatedto",
    "duplicateof",
    "duplicates",
];

/// How a key that is not a parameter of the operation is treated.
pub(super) enum UnknownKey {
    /// The key is ignored without a warning.
    Ignored,
    /// The key changes nothing, which the warning says.
    IgnoredWithWarning(String),
    /// The key asks to bypass the session cache.
    RefreshCache,
    /// The request has to be refused.
    Rejected,
}

impl UnknownKey {
    /// Decides how an unknown key is treated. Inside a filter, a key is ignored only if it is a common parameter that
    /// changes nothing.
    pub fn classify(input: &InputValue, spec: &Spec, signature: &Signature) -> Self {
        let name = shorten_name(&input.spelling);
        if !input.in_filter && is_added_by_host(&input.spelling) {
            return Self::Ignored;
        }
        if !input.in_filter && is_ignored_key(&input.plain) {
            let takes_refresh = signature.field(CommonParam::RefreshCache.name()).is_some();
            let requests_refresh = match input.plain.as_str() {
                "cache" => parse_switch(&input.value) == Some(false),
                "context" => input.value.as_object().is_some_and(asks_for_refresh),
                _ => false,
            };
            if takes_refresh && requests_refresh {
                return Self::RefreshCache;
            }
            return Self::IgnoredWithWarning(format!(
                "'{name}' means nothing among the parameters and was ignored"
            ));
        }
        // The common parameter that the key means.
        let common = COMMON_PARAMETERS
            .into_iter()
            .find(|name| plain_name(name) == input.plain)
            .or_else(|| {
                let mut fields = alias_rows(&input.plain).flat_map(|row| row.fields);
                fields
                    .find(|name| COMMON_PARAMETERS.contains(name))
                    .copied()
            });
        let Some(common) = common else {
            return Self::Rejected;
        };
        if input.value.is_null() {
            return Self::Ignored;
        }
        if has_no_effect(common, &input.value, spec, signature) {
            return Self::IgnoredWithWarning(format!(
                "'{name}' changes nothing in {} and was ignored",
                spec.name
            ));
        }
        Self::Rejected
    }
}

/// Whether an operation that does not take the common parameter behaves as the value asks anyway.
fn has_no_effect(common: &str, value: &Value, spec: &Spec, signature: &Signature) -> bool {
    let text = match value {
        Value::String(text) => text.trim().to_lowercase(),
        other => other.to_string(),
    };
    let is_off = parse_switch(value) == Some(false);
    match common {
        "detail" => text == "standard",
        "fields" => value.as_array().is_some_and(Vec::is_empty) || text.is_empty(),
        "format" => text == "yaml",
        "cursor" | "max_description_chars" => text.is_empty(),
        "include_archived" => is_off,
        // Ignoring the limit of a write could do more than was asked for.
        "limit" if spec.effect.writes() => false,
        "limit" => {
            let limit: Option<u64> = text.strip_suffix(".0").unwrap_or(&text).parse().ok();
            // A single entity never exceeds a limit of at least 1. A list that takes no limit is returned whole, as a
            // limit from the default on would have it.
            let is_list = spec.shared.contains(&CommonParam::Format)
                || signature
                    .fields
                    .iter()
                    .any(|field| field.name.ends_with("_limit"));
            let least = if is_list { DEFAULT_LIMIT } else { 1 };
            limit.is_some_and(|limit| limit >= least)
        }
        // Both are off by default. A read writes nothing that a dry run would hold back, and refreshes nothing that
        // could be stale.
        "dry_run" | "refresh_cache" => is_off || !spec.effect.writes(),
        _ => false,
    }
}

/// The error for unknown keys. It names the operation's parameters, the nearest parameter to each key, and the
/// `missing` required parameters. `is_given` says whether the request already has a field, so that the error does not
/// suggest the field a second time.
pub(super) fn reject(
    spec: &Spec,
    names: &ParameterNames<'_>,
    unknown: &[InputValue],
    is_given: impl Fn(&str) -> bool,
    missing: Vec<&str>,
) -> Error {
    let listed: Vec<String> = unknown
        .iter()
        .take(MAX_NAMED)
        .map(|input| shorten_name(&input.spelling))
        .collect();
    let quoted: Vec<String> = listed.iter().map(|name| format!("'{name}'")).collect();
    let plural = if unknown.len() == 1 { "" } else { "s" };
    let mut message = format!(
        "{} has no parameter{plural} {}",
        spec.name,
        quoted.join(", ")
    );
    if unknown.len() > MAX_NAMED {
        message.push_str(&format!(" and {} more", unknown.len() - MAX_NAMED));
    }
    let asks_for_phase = unknown.iter().any(|input| input.plain.contains("phase"));
    let takes_state = names.by_name("state").is_some() && spec.effect.writes();
    let mut error = if asks_for_phase && takes_state {
        Error::new(
            Code::UnsupportedOperation,
            format!("{message}: Linear has no phases; an issue has a state"),
        )
        .suggest("Give 'state', the name of one of the team's states")
    } else {
        Error::new(Code::InvalidParam, message)
    };
    if let Some(first) = listed.first() {
        error = error.detail("param", first.as_str());
    }
    let near: Vec<Option<&Field>> = unknown
        .iter()
        .take(MAX_NAMED)
        .map(|input| names.nearest(&input.spelling))
        .collect();
    error = error.detail("unknown", listed.clone());
    let nearest: serde_json::Map<String, Value> = listed
        .iter()
        .zip(&near)
        .filter_map(|(name, near)| Some((name.clone(), (*near)?.name.clone().into())))
        .collect();
    if !nearest.is_empty() {
        error = error.detail("nearest", nearest);
    }
    let parameters: Vec<&str> = names.fields().map(|field| field.name.as_str()).collect();
    error = error.detail("parameters", parameters);
    if !missing.is_empty() {
        error = error.detail("missing", missing);
    }
    let mut left_out = Vec::new();
    for ((input, name), near) in unknown.iter().zip(&listed).zip(near) {
        match near {
            Some(field) if !means_something_else(input, field) && !is_given(&field.name) => {
                error = error.suggest(format!("Use '{}' in place of '{name}'", field.name));
            }
            _ => left_out.push(format!("'{name}'")),
        }
    }
    if !left_out.is_empty() {
        error = error.suggest(format!("Leave out {}", left_out.join(", ")));
    }
    let relates = |input: &InputValue| RELATION_WORDS.contains(&input.plain.as_str());
    if spec.effect.writes() && unknown.iter().any(relates) {
        error = error.suggest(
            "Call create_relation with 'issue_id', 'type' and 'related_issue_id' to relate two issues",
        );
    }
    if unknown
        .iter()
        .any(|input| input.plain.contains("customfield"))
    {
        error = error.suggest(
            "Linear has no custom fields: keep such values in the description, or as labels",
        );
    }
    error.suggest(format!(
        "Call help with operation: {} to see its parameters",
        spec.name
    ))
}

/// Whether a key means something else than the field with the nearest name: `exclude_labels` is the opposite of
/// `labels`, `label_name` is not the `name` of a project, and `description_append` adds to the text that `description`
/// replaces.
fn means_something_else(input: &InputValue, field: &Field) -> bool {
    let name = plain_name(&field.name);
    let is_addition = ADDING_WORDS.iter().any(|word| input.plain.contains(word));
    if is_addition || (input.plain.len() > name.len() && input.plain.ends_with(&name)) {
        return true;
    }
    let words = input.spelling.split(|c: char| !c.is_alphanumeric());
    let first = words.into_iter().next().unwrap_or_default();
    // `excludeLabels` begins with the word `exclude`.
    let begins_in_camel_case = |word: &str| {
        let rest = first.strip_prefix(word);
        rest.is_some_and(|rest| rest.starts_with(char::is_uppercase))
    };
    OPPOSITE_PREFIXES
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word) || begins_in_camel_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_stands_in_two_rows_and_no_row_repeats_itself() {
        let mut fields = std::collections::HashSet::new();
        for row in ALIAS_ROWS {
            for field in row.fields {
                assert!(fields.insert((*field, row.operation_word)), "{field}");
            }
            let spellings: Vec<_> = row.spellings().map(plain_name).collect();
            let unique: std::collections::HashSet<_> = spellings.iter().collect();
            assert_eq!(unique.len(), spellings.len(), "{spellings:?}");
        }
    }
}
