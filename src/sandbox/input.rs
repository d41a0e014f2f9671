//! Reading a mutation's arguments: absent, null and a value are three different things (`linear/api.md` §6).

use serde_json::{Map, Value};
use uuid::Uuid;

use super::refusal::Refusal;
use super::store::Record;
use super::time;

/// What was said about one field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Given<T> {
    /// The field was left out: leave what is there.
    Absent,
    /// The field was null: clear what is there.
    Null,
    /// The field has a value.
    Value(T),
}

impl<T> Given<T> {
    /// The value, when there is one.
    pub(super) fn value(self) -> Option<T> {
        match self {
            Given::Value(value) => Some(value),
            Given::Absent | Given::Null => None,
        }
    }

    /// The same with `f` applied to a value.
    pub(super) fn map<U>(self, f: impl FnOnce(T) -> U) -> Given<U> {
        match self {
            Given::Absent => Given::Absent,
            Given::Null => Given::Null,
            Given::Value(value) => Given::Value(f(value)),
        }
    }
}

/// An arguments object, or the input object within it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Input<'a> {
    /// The input object under this argument, when it is one.
    pub(super) fn object(self, field: &str) -> Option<Input<'a>> {
        self.0.get(field)?.as_object().map(Input)
    }

    /// What was said about a field.
    pub(super) fn get(self, field: &str) -> Given<&'a Value> {
        match self.0.get(field) {
            None => Given::Absent,
            Some(Value::Null) => Given::Null,
            Some(value) => Given::Value(value),
        }
    }

    /// A field's text; null and absent are both `None`.
    pub(super) fn text(self, field: &str) -> Option<&'a str> {
        self.get(field).value().and_then(Value::as_str)
    }

    /// A field's number; null and absent are both `None`.
    pub(super) fn number(self, field: &str) -> Option<f64> {
        self.get(field).value().and_then(Value::as_f64)
    }

    /// Whether a field is `true`.
    pub(super) fn flag(self, field: &str) -> bool {
        self.get(field).value().and_then(Value::as_bool) == Some(true)
    }

    /// A field's list of texts.
    pub(super) fn texts(self, field: &str) -> Given<Vec<&'a str>> {
        self.get(field).map(|value| {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            items.iter().filter_map(Value::as_str).collect()
        })
    }

    /// A field that takes a UUID and nothing else.
    ///
    /// # Errors
    /// "`teamId` must be a UUID" for any other text.
    pub(super) fn uuid(self, field: &str) -> Result<Given<&'a str>, Refusal> {
        let text = self.get(field).map(|value| value.as_str().unwrap_or(""));
        match text {
            Given::Value(id) if !is_uuid(id) => Err(Refusal::not_uuid(field)),
            given => Ok(given),
        }
    }

    /// A field that takes a list of UUIDs; repeated ones count once.
    ///
    /// # Errors
    /// "each value in `labelIds` must be a UUID" when one is not.
    pub(super) fn uuids(self, field: &str) -> Result<Given<Vec<&'a str>>, Refusal> {
        let given = self.texts(field);
        if let Given::Value(ids) = &given
            && !ids.iter().all(|id| is_uuid(id))
        {
            return Err(Refusal::not_uuids(field));
        }
        Ok(given.map(|ids| {
            let mut once: Vec<&str> = Vec::with_capacity(ids.len());
            for id in ids {
                if !once.contains(&id) {
                    once.push(id);
                }
            }
            once
        }))
    }

    /// Copies the named fields as they are into a record, null included; absent ones are left.
    pub(super) fn copy(self, record: &mut Record, fields: &[&str]) {
        for field in fields {
            if let Some(value) = self.0.get(*field) {
                record.insert((*field).to_owned(), value.clone());
            }
        }
    }

    /// Checks that the named fields, where given, are `YYYY-MM-DD`.
    ///
    /// # Errors
    /// An argument validation error that names the first field which is not.
    pub(super) fn dates(self, fields: &[&str]) -> Result<(), Refusal> {
        let wrong = |field: &&&str| {
            let date = self.get(field).value();
            date.is_some_and(|value| value.as_str().and_then(time::date).is_none())
        };
        match fields.iter().find(wrong) {
            Some(field) => Err(Refusal::validation(
                field,
                "isTimelessDate",
                format!("{field} must be a date in the format YYYY-MM-DD"),
            )),
            None => Ok(()),
        }
    }

    /// A `DateTime` field in milliseconds since the epoch.
    ///
    /// # Errors
    /// An argument validation error when the text is no point in time.
    pub(super) fn instant(self, field: &str) -> Result<Given<i64>, Refusal> {
        let wrong =
            || Refusal::validation(field, "isDate", format!("{field} must be a Date instance"));
        match self.get(field) {
            Given::Absent => Ok(Given::Absent),
            Given::Null => Ok(Given::Null),
            Given::Value(value) => value
                .as_str()
                .and_then(time::instant)
                .map(Given::Value)
                .ok_or_else(wrong),
        }
    }

    /// Refuses input this stand-in does not model, rather than dropping it without a word.
    ///
    /// # Errors
    /// `INPUT_ERROR` that names the first field with a value which is not among `known`.
    pub(super) fn only(self, known: &[&[&str]]) -> Result<(), Refusal> {
        let is_known = |field: &str| known.iter().any(|fields| fields.contains(&field));
        match self
            .0
            .iter()
            .find(|(field, value)| !value.is_null() && !is_known(field))
        {
            Some((field, _)) => Err(Refusal::invalid(format!(
                "{field} is not modelled by the stand-in"
            ))),
            None => Ok(()),
        }
    }
}

/// Whether a text is a UUID in its usual hyphenated form.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// Whether a text is a version 4 UUID, which client-made ids must be.
pub(super) fn is_uuid_v4(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok_and(|id| id.get_version_num() == 4)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Given, Input, is_uuid, is_uuid_v4};

    fn read<T>(value: &Value, f: impl FnOnce(Input<'_>) -> T) -> T {
        match value {
            Value::Object(map) => f(Input(map)),
            other => panic!("not an object: {other}"),
        }
    }

    #[test]
    fn absent_null_and_a_value_are_told_apart() {
        let args = json!({ "cleared": null, "set": "x" });
        read(&args, |input| {
            assert_eq!(input.get("missing"), Given::Absent);
            assert_eq!(input.get("cleared"), Given::Null);
            assert_eq!(input.get("set"), Given::Value(&json!("x")));
        });
    }

    #[test]
    fn ids_are_checked_for_their_form() {
        let id = "5eed0000-0000-4000-8000-000000000001";
        assert!(is_uuid(id) && is_uuid_v4(id));
        assert!(is_uuid("5eed0000-0000-1000-8000-000000000001"));
        assert!(!is_uuid_v4("5eed0000-0000-1000-8000-000000000001"));
        assert!(!is_uuid("ENG-1") && !is_uuid("5eed0000000040008000000000000001"));
        let args = json!({ "teamId": "ENG", "labelIds": [id, id, "bug"] });
        read(&args, |input| {
            assert_eq!(input.uuid("teamId").unwrap_err().code, "INVALID_INPUT");
            let refusal = input.uuids("labelIds").unwrap_err();
            let words = refusal.user_presentable.unwrap();
            assert_eq!(words, "each value in labelIds must be a UUID.");
        });
    }

    #[test]
    fn unmodelled_fields_are_refused_by_name() {
        let args = json!({ "title": "x", "slaType": "all", "gone": null });
        let refusal = read(&args, |input| input.only(&[&["title"]])).unwrap_err();
        assert!(refusal.message.starts_with("slaType "), "{refusal}");
    }
}
