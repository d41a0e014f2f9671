//! Which field of an operation a spelling means.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::{Field, Signature, Spec};
use crate::params::{plain_name, snake};
use crate::text::nearest::nearest;

/// The names of one operation. A spelling is asked for without case and separators ([`plain_name`]), so that a
/// long or hostile one is walked through once and not once per known name.
pub(super) struct Names<'a> {
    signature: &'a Signature,
    operation: &'static str,
    own: HashMap<String, &'a Field>,
    subject: Option<&'a Field>,
}

impl<'a> Names<'a> {
    pub fn of(signature: &'a Signature, spec: &Spec) -> Self {
        Self {
            signature,
            operation: spec.name,
            own: signature
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

    /// The field of that name itself.
    pub fn own(&self, plain: &str) -> Option<&'a Field> {
        self.own.get(plain).copied()
    }

    /// The field that is meant, where `named` are those given under their own names.
    pub fn meaning(&self, plain: &str, named: &HashSet<&str>) -> Option<&'a Field> {
        if let Some(field) = self.own(plain) {
            return Some(field);
        }
        let mut candidates = rows(plain)
            .filter(|row| row.serves(self.operation))
            .flat_map(|row| row.fields)
            .filter_map(|name| self.signature.field(name));
        let first = candidates.next();
        // Beside `comment_id: …` a `comment` is the text, alone it is the id.
        let free = first
            .into_iter()
            .chain(candidates)
            .find(|field| !named.contains(field.name.as_str()));
        free.or(first)
            .or_else(|| self.subject.filter(|_| SUBJECT.contains(&plain)))
    }

    /// The names of the fields that these spellings name, as [`Self::named`] says of each.
    pub fn all_named<'p>(&self, plain: impl Iterator<Item = &'p str>) -> HashSet<&'a str> {
        let fields = plain.filter_map(|plain| self.named(plain));
        fields.map(|field| field.name.as_str()).collect()
    }

    /// The field that is given under its own name, or as `id`, `key`, … of the operation's subject: another spelling
    /// of it that may mean something else is then free to.
    pub fn named(&self, plain: &str) -> Option<&'a Field> {
        let as_subject = || {
            let subject = self.subject.filter(|_| SUBJECT.contains(&plain))?;
            let meant = self.meaning(plain, &HashSet::new())?;
            (meant.name == subject.name).then_some(subject)
        };
        self.own(plain).or_else(as_subject)
    }

    /// The other spellings that mean this field when they stand alone.
    pub fn spellings(&self, field: &Field) -> Vec<&'static str> {
        let mut found: Vec<&str> = Vec::new();
        let listed = ROWS.iter().flat_map(Row::spellings);
        for spelling in listed.chain(SUBJECT) {
            let meant = self.meaning(&plain_name(spelling), &HashSet::new());
            let is_it = meant.is_some_and(|meant| meant.name == field.name);
            if is_it && spelling != field.name && !found.contains(&spelling) {
                found.push(spelling);
            }
        }
        found
    }

    /// The field that an unknown spelling may be meant for.
    pub fn near(&self, spelling: &str) -> Option<&'a Field> {
        // A word that other operations have for something is not misspelt: it means that here, too.
        let plain = plain_name(spelling);
        let mut spellings = ROWS.iter().flat_map(|row| row.spellings());
        if spellings.any(|known| plain_name(known) == plain) {
            return None;
        }
        let own = self
            .signature
            .fields
            .iter()
            .map(|field| field.name.as_str());
        let others = ROWS
            .iter()
            .filter(|row| row.serves(self.operation))
            .filter(|row| {
                row.fields
                    .iter()
                    .any(|name| self.signature.field(name).is_some())
            })
            .flat_map(|row| row.spellings());
        let near = nearest(&snake(spelling), own.chain(others), 1)
            .into_iter()
            .next()?;
        self.meaning(&plain_name(near), &HashSet::new())
    }
}

/// Parameters that mean the same thing, and words that mean them too.
#[derive(Debug)]
pub(super) struct Row {
    /// Names that operations have for it; each is also a spelling of the others.
    pub fields: &'static [&'static str],
    /// Spellings that no operation uses itself.
    pub also: &'static [&'static str],
    /// The word that an operation's name has to have for it, where it is not for every operation.
    of: &'static str,
}

impl Row {
    /// Every spelling.
    pub fn spellings<'a>(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.fields.iter().chain(self.also).copied()
    }

    /// Whether the operation of that name reads it.
    pub fn serves(&self, operation: &str) -> bool {
        operation.contains(self.of)
    }
}

const fn row(fields: &'static [&'static str], also: &'static [&'static str]) -> Row {
    row_of("", fields, also)
}

/// A row for operations with that word in their names alone: `label_name` is the name of a label, and never a new name
/// for the project that it is meant for.
const fn row_of(
    of: &'static str,
    fields: &'static [&'static str],
    also: &'static [&'static str],
) -> Row {
    Row { fields, also, of }
}

/// The words that name an operation's subject when nothing nearer has them.
pub(super) const SUBJECT: [&str; 4] = ["id", "identifier", "key", "name"];

/// A spelling may stand in several rows: the first row of which the operation has a field is meant. Text rows are
/// narrow on purpose: `comment` must never become a description.
pub(super) const ROWS: &[Row] = &[
    row(
        &["issue_id", "issue"],
        &["issue_identifier", "issue_key", "issue_number", "ticket"],
    ),
    row(&["operations"], &["items", "requests"]),
    // Whoever writes one of these means that nothing is to be written.
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
    row(&["user", "user_id"], &["user_name", "email", "query"]),
    row(&["lead", "lead_id"], &["project_lead", "owner"]),
    row(&["members"], &["member", "member_ids", "member_names"]),
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
    row_of(
        "comment",
        &["parent_id", "parent"],
        &["parent_comment", "parent_comment_id"],
    ),
    row_of(
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
    row_of("issue", &["title"], &["issue_title"]),
    row_of("document", &["title"], &["document_title"]),
    row(&["label"], &["label_id", "label_name", "issue_label"]),
    row(&["name"], &["title", "new_name"]),
    row_of("label", &["name"], &["label", "label_name"]),
    row_of("create_project", &["name"], &["project_name"]),
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
    row_of(
        "list_users",
        &["query"],
        &["name", "user", "user_name", "email"],
    ),
    row_of("list_documents", &["query"], &["name", "title"]),
    row_of(
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
    row(&["created_after"], &["created_since"]),
    row(&["updated_after"], &["updated_since"]),
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

/// The rows in which a spelling stands, given without case and separators.
pub(super) fn rows(plain: &str) -> impl Iterator<Item = &'static Row> + use<> {
    static INDEX: LazyLock<HashMap<String, Vec<&'static Row>>> = LazyLock::new(|| {
        let mut index: HashMap<_, Vec<_>> = HashMap::new();
        for row in ROWS {
            for spelling in row.spellings() {
                index.entry(plain_name(spelling)).or_default().push(row);
            }
        }
        index
    });
    INDEX.get(plain).into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_stands_in_two_rows_and_no_row_repeats_itself() {
        let mut fields = std::collections::HashSet::new();
        for row in ROWS {
            for field in row.fields {
                assert!(fields.insert((*field, row.of)), "{field}");
            }
            let spellings: Vec<_> = row.spellings().map(plain_name).collect();
            let unique: std::collections::HashSet<_> = spellings.iter().collect();
            assert_eq!(unique.len(), spellings.len(), "{spellings:?}");
        }
    }
}
