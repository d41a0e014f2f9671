//! Comparisons of a value with the operands of a comparator (`linear/api.md` §2).

use serde_json::{Map, Value};

use super::super::search::contains_words;
use super::moment;

/// How the values of one comparator type are compared.
#[derive(Clone, Copy)]
pub(super) struct Comparator {
    kind: Kind,
    now_ms: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Texts, numbers, booleans, ids and enums: the values tell which.
    Plain,
    /// Dates, which may be given as durations.
    Date,
    /// Content, which is searched for words.
    Content,
}

impl Comparator {
    /// The comparator of that input type, with the moment that durations count from.
    pub(super) fn new(input: &str, now_ms: i64) -> Self {
        let kind = match input {
            "ContentComparator" => Kind::Content,
            _ if input.contains("Date") => Kind::Date,
            _ => Kind::Plain,
        };
        Self { kind, now_ms }
    }

    /// Whether the value satisfies every operand.
    pub(super) fn admits(self, value: &Value, operands: &Map<String, Value>) -> bool {
        let branch = |part: &Value| part.as_object().is_none_or(|ops| self.admits(value, ops));
        operands.iter().all(|(op, operand)| match op.as_str() {
            _ if operand.is_null() => true,
            "null" => operand.as_bool() == Some(value.is_null()),
            "and" => super::all(operand, branch),
            "or" => super::any(operand, branch),
            _ if value.is_null() => false,
            "in" => self.listed(value, operand),
            "nin" => !self.listed(value, operand),
            op => self.holds(op, value, operand),
        })
    }

    fn listed(self, value: &Value, operand: &Value) -> bool {
        operand
            .as_array()
            .is_some_and(|list| list.iter().any(|item| self.holds("eq", value, item)))
    }

    fn holds(self, op: &str, value: &Value, operand: &Value) -> bool {
        if self.kind == Kind::Date {
            let read = |text: &Value| moment::read(text.as_str()?, self.now_ms);
            return match (read(value), read(operand)) {
                (Some(left), Some(right)) => ordered(op, &left, &right),
                _ => false,
            };
        }
        match (value, operand) {
            (Value::String(left), Value::String(right)) if self.kind == Kind::Content => {
                contains_words(left, right) == (op == "contains")
            }
            (Value::String(left), Value::String(right)) => texts(op, left, right),
            _ => match (value.as_f64(), operand.as_f64()) {
                (Some(left), Some(right)) => ordered(op, &left, &right),
                _ => (op == "eq") == (value == operand),
            },
        }
    }
}

fn ordered<T: PartialOrd>(op: &str, left: &T, right: &T) -> bool {
    match op {
        "eq" => left == right,
        "neq" => left != right,
        "lt" => left < right,
        "lte" => left <= right,
        "gt" => left > right,
        "gte" => left >= right,
        _ => false,
    }
}

/// Comparisons of texts. `eq` and `in` tell upper from lower case; only the operators that say so do not.
fn texts(op: &str, left: &str, right: &str) -> bool {
    let lower = |text: &str| text.to_lowercase();
    match op {
        "eq" => left == right,
        "neq" => left != right,
        "eqIgnoreCase" => lower(left) == lower(right),
        "neqIgnoreCase" => lower(left) != lower(right),
        "startsWith" => left.starts_with(right),
        "startsWithIgnoreCase" => lower(left).starts_with(&lower(right)),
        "notStartsWith" => !left.starts_with(right),
        "endsWith" => left.ends_with(right),
        "notEndsWith" => !left.ends_with(right),
        "contains" => left.contains(right),
        "containsIgnoreCase" => lower(left).contains(&lower(right)),
        "containsIgnoreCaseAndAccent" => plain(left).contains(&plain(right)),
        "notContains" => !left.contains(right),
        "notContainsIgnoreCase" => !lower(left).contains(&lower(right)),
        _ => false,
    }
}

/// Lower case without the accents of the Latin letters.
fn plain(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(|letter| match letter {
            'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
            'ç' | 'ć' | 'č' => 'c',
            'ď' | 'đ' => 'd',
            'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
            'ì'..='ï' | 'ī' => 'i',
            'ł' => 'l',
            'ñ' | 'ń' | 'ň' => 'n',
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
            'ř' => 'r',
            'ś' | 'š' => 's',
            'ť' => 't',
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
            'ý' | 'ÿ' => 'y',
            'ź' | 'ż' | 'ž' => 'z',
            other => other,
        })
        .collect()
}
