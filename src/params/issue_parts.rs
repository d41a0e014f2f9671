//! Parameters of the writes of an issue that say more than one value: the sub-issues of a new issue, and the place of an
//! issue in the manual order.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};

use serde_json::{Map, Value};

use super::decode::{Lenient, List, Scalar, parameter};
use super::reference::{Identifier, LabelSpecs, Ref};
use super::values::{Day, Estimate, Markdown, Priority, Title};
use super::{Form, NullMeaning, plain_name};

/// The most sub-issues that one request creates.
const MAX_SUB_ISSUES: usize = 20;

/// A sub-issue that is to be created together with its issue: `{title, …}`, or a title alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubIssue {
    /// The title.
    pub title: Title,
    /// Markdown.
    pub description: Option<Markdown>,
    /// A state of the issue's team.
    pub state: Option<Ref>,
    /// The user who works on the sub-issue.
    pub assignee: Option<Ref>,
    /// Labels; missing ones are created.
    pub labels: Option<LabelSpecs>,
    /// The priority.
    pub priority: Option<Priority>,
    /// Points on the scale of the issue's team.
    pub estimate: Option<Estimate>,
    /// The day on which the sub-issue is due.
    pub due_date: Option<Day>,
}

/// A key of a sub-issue.
#[derive(Clone, Copy)]
enum Key {
    Title,
    Description,
    State,
    Assignee,
    Labels,
    Priority,
    Estimate,
    DueDate,
}

impl Key {
    const NAMES: [&'static str; 8] = [
        "title",
        "description",
        "state",
        "assignee",
        "labels",
        "priority",
        "estimate",
        "due_date",
    ];

    /// Returns the key that is meant by a name without case and separators. The words are those that `create_issue`
    /// takes for its own parameters.
    fn find(plain: &str) -> Option<Self> {
        Some(match plain {
            "title" | "name" | "summary" | "subject" => Self::Title,
            "description" | "body" | "text" | "markdown" | "content" => Self::Description,
            "state" | "status" | "statename" | "statusname" => Self::State,
            "assignee" | "assigneeid" | "assignedto" => Self::Assignee,
            "labels" | "label" | "labelnames" | "tags" => Self::Labels,
            "priority" | "prio" | "prioritylevel" => Self::Priority,
            "estimate" | "points" | "storypoints" => Self::Estimate,
            "duedate" | "due" | "deadline" => Self::DueDate,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::State => "state",
            Self::Assignee => "assignee",
            Self::Labels => "labels",
            Self::Priority => "priority",
            Self::Estimate => "estimate",
            Self::DueDate => "due_date",
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key of a sub-issue")
            }

            fn visit_str<E: Error>(self, key: &str) -> Result<Key, E> {
                Key::find(&plain_name(key)).ok_or_else(|| E::unknown_field(key, &Key::NAMES))
            }
        }
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

/// Returns the form of the value under a key of a sub-issue.
pub(super) fn form_of_entry(key: &str) -> Form {
    match Key::find(&plain_name(key)) {
        Some(Key::Title) => Form::Line,
        Some(Key::Description) => Form::Markdown,
        Some(Key::State | Key::Assignee) => Form::Name,
        Some(Key::Labels) => Form::Label,
        Some(Key::Priority | Key::Estimate | Key::DueDate) | None => Form::Word,
    }
}

/// Returns the entries of the object of a sub-issue: for each, the parameter of `create_issue` that it stands for, the form of its
/// value, and the value.
pub(crate) fn sub_issue_entries(
    object: &Map<String, Value>,
) -> impl Iterator<Item = (&'static str, Form, &Value)> {
    object.iter().filter_map(|(key, value)| {
        let known = Key::find(&plain_name(key))?;
        Some((known.name(), form_of_entry(key), value))
    })
}

/// The values of a sub-issue. A value that is `null` is absent.
#[derive(Default)]
struct Given {
    title: Option<Option<Title>>,
    description: Option<Option<Markdown>>,
    state: Option<Option<Ref>>,
    assignee: Option<Option<Ref>>,
    labels: Option<Option<LabelSpecs>>,
    priority: Option<Option<Priority>>,
    estimate: Option<Option<Estimate>>,
    due_date: Option<Option<Day>>,
}

impl Lenient for SubIssue {
    const EXPECTED: &'static str =
        "a title, or {title, description, state, assignee, labels, priority, estimate, due_date}";

    /// The identifier of an issue is no title: the caller means an issue that is there already.
    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let title = Title::from_scalar(given)?;
        if is_identifier(title.as_str()) {
            return None;
        }
        Some(Self {
            title,
            description: None,
            state: None,
            assignee: None,
            labels: None,
            priority: None,
            estimate: None,
            due_date: None,
        })
    }

    fn refuse<E: Error>(given: &Scalar<'_>) -> E {
        let text = given.text();
        if is_identifier(&text) {
            return E::custom(format_args!(
                "it creates new issues, and {text} is an issue: call update_issue with its parent_id"
            ));
        }
        E::invalid_value(Unexpected::Str(&text), &Self::EXPECTED)
    }

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut given = Given::default();
        while let Some(key) = map.next_key::<Key>()? {
            let is_repeated = match key {
                Key::Title => given.title.replace(map.next_value()?).is_some(),
                Key::Description => given.description.replace(map.next_value()?).is_some(),
                Key::State => given.state.replace(map.next_value()?).is_some(),
                Key::Assignee => given.assignee.replace(map.next_value()?).is_some(),
                Key::Labels => given.labels.replace(map.next_value()?).is_some(),
                Key::Priority => given.priority.replace(map.next_value()?).is_some(),
                Key::Estimate => given.estimate.replace(map.next_value()?).is_some(),
                Key::DueDate => given.due_date.replace(map.next_value()?).is_some(),
            };
            if is_repeated {
                return Err(A::Error::custom(format_args!(
                    "'{}' is there twice",
                    key.name()
                )));
            }
        }
        let title = given.title.flatten();
        Ok(Self {
            title: title.ok_or_else(|| A::Error::missing_field("title"))?,
            description: given.description.flatten(),
            state: given.state.flatten(),
            // A new issue is nobody's where the word for nobody is given, as with `assignee` of the issue itself.
            assignee: given
                .assignee
                .flatten()
                .filter(|assignee| !NullMeaning::is_word(assignee.as_str())),
            labels: given.labels.flatten(),
            priority: given.priority.flatten(),
            estimate: given.estimate.flatten(),
            due_date: given.due_date.flatten(),
        })
    }
}

/// Whether a text has the form of an issue's identifier, such as `ENG-230`.
fn is_identifier(text: &str) -> bool {
    let Some((key, number)) = text.trim().rsplit_once('-') else {
        return false;
    };
    let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric());
    is_key && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
}

parameter!(SubIssue, SubIssue, { "type": "object" });

/// The sub-issues of a new issue, at most 20.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubIssues(Vec<SubIssue>);

impl std::ops::Deref for SubIssues {
    type Target = [SubIssue];

    fn deref(&self) -> &[SubIssue] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for SubIssues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sub_issues = List::<SubIssue>::deserialize(deserializer)?;
        if sub_issues.len() <= MAX_SUB_ISSUES {
            return Ok(Self(sub_issues.into_vec()));
        }
        let expected = format!("a list of at most {MAX_SUB_ISSUES} sub-issues");
        Err(D::Error::invalid_length(
            sub_issues.len(),
            &expected.as_str(),
        ))
    }
}

impl schemars::JsonSchema for SubIssues {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SubIssues".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        List::<SubIssue>::json_schema(generator)
    }
}

/// A place in the manual order: `top`, `bottom`, `before` or `after` another issue, or the number that Linear sorts by.
#[derive(Clone, Debug, PartialEq)]
pub enum SortOrder {
    /// Above all issues.
    Top,
    /// Below all issues.
    Bottom,
    /// Directly above this issue.
    Before(Identifier),
    /// Directly below this issue.
    After(Identifier),
    /// The number by which Linear sorts; lower numbers come first.
    Number(f64),
}

impl Lenient for SortOrder {
    const EXPECTED: &'static str = "top, bottom, {before: ENG-1}, {after: ENG-1}, or a number";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        match lower.as_str() {
            "top" | "first" => return Some(Self::Top),
            "bottom" | "last" => return Some(Self::Bottom),
            _ => {}
        }
        for (word, place) in [
            ("before", Self::Before as fn(Identifier) -> Self),
            ("after", Self::After),
        ] {
            let issue = lower.starts_with(word).then(|| text.get(word.len()..));
            let issue = issue.flatten().filter(|rest| {
                let first = rest.chars().next();
                first.is_some_and(|c| c == ':' || c.is_whitespace())
            });
            if let Some(issue) = issue {
                let issue = issue.trim_start_matches(|c: char| c == ':' || c.is_whitespace());
                return Identifier::new(issue).map(place);
            }
        }
        let is_number = !matches!(given, Scalar::Bool(_))
            && text.bytes().any(|byte| byte.is_ascii_digit())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        let number: f64 = is_number.then(|| text.parse().ok()).flatten()?;
        number.is_finite().then_some(Self::Number(number))
    }

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut place = None;
        while let Some(key) = map.next_key::<String>()? {
            let issue: Identifier = match plain_name(&key).as_str() {
                "before" | "after" => map.next_value()?,
                _ => return Err(A::Error::unknown_field(&key, &["before", "after"])),
            };
            let next = if plain_name(&key) == "before" {
                Self::Before(issue)
            } else {
                Self::After(issue)
            };
            if place.replace(next).is_some() {
                return Err(A::Error::custom("it names two places"));
            }
        }
        place.ok_or_else(|| A::Error::missing_field("before"))
    }
}

parameter!(SortOrder, Word, { "type": "string" });

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn order(value: Value) -> Option<SortOrder> {
        serde_json::from_value(value).ok()
    }

    fn issue() -> Identifier {
        Identifier::new("ENG-1").unwrap()
    }

    #[test]
    fn a_place_is_a_word_a_number_or_beside_an_issue() {
        for (given, expected) in [
            (json!("top"), SortOrder::Top),
            (json!(" Bottom "), SortOrder::Bottom),
            (json!("before ENG-1"), SortOrder::Before(issue())),
            (json!("Before: ENG-1"), SortOrder::Before(issue())),
            (json!("after:ENG-1"), SortOrder::After(issue())),
            (json!({"before": "ENG-1"}), SortOrder::Before(issue())),
            (
                json!({"After": {"identifier": "ENG-1"}}),
                SortOrder::After(issue()),
            ),
            (json!(-12.5), SortOrder::Number(-12.5)),
            (json!("1e3"), SortOrder::Number(1000.0)),
        ] {
            assert_eq!(order(given.clone()), Some(expected), "{given}");
        }
        for given in [
            json!(""),
            json!("beforehand ENG-1"),
            json!("before"),
            json!("before "),
            json!("inf"),
            json!("e"),
            json!(true),
            json!({}),
            json!({"before": "ENG-1", "after": "ENG-2"}),
            json!({"above": "ENG-1"}),
        ] {
            assert_eq!(order(given.clone()), None, "{given}");
        }
    }

    #[test]
    fn a_sub_issue_is_a_title_or_an_object_in_any_spelling() {
        let given = json!(["Write it", {"name": "Ship it", "dueDate": "2026-01-02", "assignee": "none", "tags": "a, b"}]);
        let sub_issues: SubIssues = serde_json::from_value(given).unwrap();
        let titles: Vec<&str> = sub_issues.iter().map(|sub| sub.title.as_str()).collect();
        assert_eq!(titles, ["Write it", "Ship it"]);
        assert_eq!(sub_issues[1].assignee, None);
        assert_eq!(sub_issues[1].labels.as_ref().unwrap().len(), 2);
        for given in [
            json!([{"state": "Todo"}]),
            json!([{"title": "T", "colour": "red"}]),
            json!([{"title": "T", "name": "U"}]),
            json!(vec!["T"; MAX_SUB_ISSUES + 1]),
        ] {
            assert!(serde_json::from_value::<SubIssues>(given.clone()).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_text_is_taken_for_a_number_that_linear_cannot_store(text in ".{0,40}") {
            if let Some(SortOrder::Number(number)) = SortOrder::from_scalar(&Scalar::from_text(&text)) {
                prop_assert!(number.is_finite());
            }
        }
    }
}
