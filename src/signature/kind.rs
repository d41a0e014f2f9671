//! Types in words, as every form of help tells them.

use serde_json::Value;

/// The type of a value in words, from its schema.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let words = values.iter().filter(|value| !value.is_null());
        let words: Vec<String> = words.map(word).collect();
        return words.join(" | ");
    }
    if let Some(Value::Array(among)) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
        let mut kinds: Vec<String> = among
            .iter()
            .map(kind)
            .filter(|kind| kind != "null")
            .collect();
        kinds.dedup();
        return kinds.join(" or ");
    }
    let names: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let names = names
        .into_iter()
        .filter(|name| *name != "null" || schema.get("type") == Some(&Value::from("null")));
    let words: Vec<String> = names
        .map(|name| match (name, schema.get("items")) {
            ("array", Some(items)) => format!("list of {}", kind(items)),
            ("array", None) => "list".to_owned(),
            (name, _) => name.to_owned(),
        })
        .collect();
    if words.is_empty() {
        "any value".to_owned()
    } else {
        words.join(" or ")
    }
}

/// A value of an enumeration as it is written in YAML.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_told_in_words() {
        for (schema, words) in [
            (json!({"type": "string"}), "string"),
            (json!({"type": ["integer", "null"]}), "integer"),
            (
                json!({"type": "array", "items": {"type": "string"}}),
                "list of string",
            ),
            (json!({"enum": ["brief", "full"]}), "brief | full"),
            (
                json!({"anyOf": [{"type": "string"}, {"type": "object"}]}),
                "string or object",
            ),
            (json!({}), "any value"),
        ] {
            assert_eq!(kind(&schema), words, "{schema}");
        }
    }
}
