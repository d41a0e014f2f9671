//! Reading and checking the arguments of a mutation: absent, null and a value are three different things
//! (`linear/api.md` §6).

use serde_json::{Map, Value};
use uuid::Uuid;

use super::refusal::Refusal;
use super::store::Record;
use super::time;

/// What the input says about one field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum InputValue<T> {
    /// The field was left out: the stored value stays.
    Absent,
    /// The field was null: the stored value is cleared.
    Null,
    /// The field has a value.
    Value(T),
}

impl<T> InputValue<T> {
    /// Returns the value, when there is one.
    pub(super) fn value(self) -> Option<T> {
        match self {
            InputValue::Value(value) => Some(value),
            InputValue::Absent | InputValue::Null => None,
        }
    }

    /// Returns the same with `f` applied to the value, when there is one.
    pub(super) fn map<U>(self, f: impl FnOnce(T) -> U) -> InputValue<U> {
        match self {
            InputValue::Absent => InputValue::Absent,
            InputValue::Null => InputValue::Null,
            InputValue::Value(value) => InputValue::Value(f(value)),
        }
    }
}

/// The arguments of a mutation, or the input object within them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Input<'a> {
    /// The object under this argument, when the argument is one.
    pub(super) fn object(self, field: &str) -> Option<Input<'a>> {
        self.0.get(field)?.as_object().map(Input)
    }

    /// What the input says about a field.
    pub(super) fn get(self, field: &str) -> InputValue<&'a Value> {
        match self.0.get(field) {
            None => InputValue::Absent,
            Some(Value::Null) => InputValue::Null,
            Some(value) => InputValue::Value(value),
        }
    }

    /// The text in a field; null and absent are both `None`.
    pub(super) fn text(self, field: &str) -> Option<&'a str> {
        self.get(field).value().and_then(Value::as_str)
    }

    /// The number in a field; null and absent are both `None`.
    pub(super) fn number(self, field: &str) -> Option<f64> {
        self.get(field).value().and_then(Value::as_f64)
    }

    /// Whether a field is `true`.
    pub(super) fn flag(self, field: &str) -> bool {
        self.get(field).value().and_then(Value::as_bool) == Some(true)
    }

    /// The list of texts in a field.
    pub(super) fn texts(self, field: &str) -> InputValue<Vec<&'a str>> {
        self.get(field).map(|value| {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            items.iter().filter_map(Value::as_str).collect()
        })
    }

    /// The id in a field that takes a UUID and nothing else.
    ///
    /// # Errors
    /// "`teamId` must be a UUID" for any other text.
    pub(super) fn uuid(self, field: &str) -> Result<InputValue<&'a str>, Refusal> {
        let text = self.get(field).map(|value| value.as_str().unwrap_or(""));
        match text {
            InputValue::Value(id) if !is_uuid(id) => Err(Refusal::not_uuid(field)),
            given => Ok(given),
        }
    }

    /// The ids in a field that takes a list of UUIDs. A repeated id counts once.
    ///
    /// # Errors
    /// "each value in `labelIds` must be a UUID" when one is not.
    pub(super) fn uuids(self, field: &str) -> Result<InputValue<Vec<&'a str>>, Refusal> {
        let given = self.texts(field);
        if let InputValue::Value(ids) = &given
            && !ids.iter().all(|id| is_uuid(id))
        {
            return Err(Refusal::not_uuids(field));
        }
        Ok(given.map(|ids| {
            let mut distinct: Vec<&str> = Vec::with_capacity(ids.len());
            for id in ids {
                if !distinct.contains(&id) {
                    distinct.push(id);
                }
            }
            distinct
        }))
    }

    /// Copies the named fields into a record without change, null included. Absent fields are left.
    pub(super) fn copy_fields(self, record: &mut Record, fields: &[&str]) {
        for field in fields {
            if let Some(value) = self.0.get(*field) {
                record.insert((*field).to_owned(), value.clone());
            }
        }
    }

    /// Checks that the named fields are dates of the form `YYYY-MM-DD`, where they are given.
    ///
    /// # Errors
    /// An argument validation error that names the first field which is not a date.
    pub(super) fn check_dates(self, fields: &[&str]) -> Result<(), Refusal> {
        let is_invalid = |field: &&&str| {
            let date = self.get(field).value();
            date.is_some_and(|value| value.as_str().and_then(time::date).is_none())
        };
        match fields.iter().find(is_invalid) {
            Some(field) => Err(Refusal::validation(
                field,
                "isTimelessDate",
                format!("{field} must be a date in the format YYYY-MM-DD"),
            )),
            None => Ok(()),
        }
    }

    /// The moment in a `DateTime` field, in milliseconds since the epoch.
    ///
    /// # Errors
    /// An argument validation error when the text is not a point in time.
    pub(super) fn instant(self, field: &str) -> Result<InputValue<i64>, Refusal> {
        let refusal =
            || Refusal::validation(field, "isDate", format!("{field} must be a Date instance"));
        match self.get(field) {
            InputValue::Absent => Ok(InputValue::Absent),
            InputValue::Null => Ok(InputValue::Null),
            InputValue::Value(value) => value
                .as_str()
                .and_then(time::instant)
                .map(InputValue::Value)
                .ok_or_else(refusal),
        }
    }

    /// Refuses input that the stand-in does not model, rather than dropping it silently.
    ///
    /// # Errors
    /// `INPUT_ERROR` that names the first field with a value which is in none of the groups `modelled`.
    pub(super) fn refuse_unmodelled(self, modelled: &[&[&str]]) -> Result<(), Refusal> {
        let is_modelled = |field: &str| modelled.iter().any(|fields| fields.contains(&field));
        match self
            .0
            .iter()
            .find(|(field, value)| !value.is_null() && !is_modelled(field))
        {
            Some((field, _)) => Err(Refusal::invalid(format!(
                "{field} is not modelled by the stand-in"
            ))),
            None => Ok(()),
        }
    }

    /// Checks that a text is not blank when it is given, and is not null.
    ///
    /// # Errors
    /// An argument validation error; its wording is not known from Linear (`linear/api.md` §4).
    pub(super) fn check_not_blank(self, field: &str) -> Result<(), Refusal> {
        let is_blank = match self.get(field) {
            InputValue::Absent => false,
            InputValue::Null => true,
            InputValue::Value(value) => value.as_str().is_none_or(|text| text.trim().is_empty()),
        };
        if is_blank {
            return Err(Refusal::validation(
                field,
                "isNotEmpty",
                format!("{field} should not be empty"),
            ));
        }
        Ok(())
    }

    /// Checks that a text has at most `max` characters.
    ///
    /// # Errors
    /// "`body` must be shorter than or equal to 100000 characters".
    pub(super) fn check_max_length(self, field: &str, max: usize) -> Result<(), Refusal> {
        let text = self.text(field);
        if text.is_some_and(|text| text.chars().count() > max) {
            return Err(Refusal::validation(
                field,
                "maxLength",
                format!("{field} must be shorter than or equal to {max} characters"),
            ));
        }
        Ok(())
    }

    /// Checks that a number is between two bounds, when it is given and not null.
    ///
    /// # Errors
    /// An argument validation error that names the bound which the number breaks.
    pub(super) fn check_range(self, field: &str, min: f64, max: f64) -> Result<(), Refusal> {
        let Some(number) = self.number(field) else {
            return Ok(());
        };
        let (constraint, message) = if number < min {
            ("min", format!("{field} must not be less than {min}"))
        } else if number > max {
            ("max", format!("{field} must not be greater than {max}"))
        } else {
            return Ok(());
        };
        Err(Refusal::validation(field, constraint, message))
    }

    /// Checks that the field `color`, when it is given, is a color such as `#eb5757`.
    ///
    /// # Errors
    /// An argument validation error; its wording is not known from Linear.
    pub(super) fn check_color(self) -> Result<(), Refusal> {
        let is_color = |text: &str| {
            text.strip_prefix('#').is_some_and(|digits| {
                digits.len() == 6 && digits.chars().all(|digit| digit.is_ascii_hexdigit())
            })
        };
        match self.get("color") {
            InputValue::Value(value) if !value.as_str().is_some_and(is_color) => Err(
                Refusal::validation("color", "isHexColor", "color must be a hexadecimal color"),
            ),
            _ => Ok(()),
        }
    }
}

/// Whether a text is a UUID in its usual hyphenated form.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// Whether a text is a version 4 UUID, as ids made by the client must be.
pub(super) fn is_uuid_v4(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok_and(|id| id.get_version_num() == 4)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Input, InputValue, is_uuid, is_uuid_v4};

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
            assert_eq!(input.get("missing"), InputValue::Absent);
            assert_eq!(input.get("cleared"), InputValue::Null);
            assert_eq!(input.get("set"), InputValue::Value(&json!("x")));
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
        let refusal = read(&args, |input| input.refuse_unmodelled(&[&["title"]])).unwrap_err();
        assert!(refusal.message.starts_with("slaType "), "{refusal}");
    }
}
