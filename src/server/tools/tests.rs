use super::*;
use crate::operation::Listed;

fn listed(listing: &Listing, may: Allowed) -> Vec<String> {
    let tools = Tools::new(listing, &Guards::new(may), None).unwrap();
    tools
        .listed()
        .iter()
        .map(|tool| tool.name.to_string())
        .collect()
}

/// The listing that a text of names separated by commas is read as.
fn named(names: &str) -> Listing {
    Listing::parse(names).unwrap()
}

#[test]
fn all_are_linear_and_the_listed_of_the_table_in_its_order() {
    let mut expected = vec![LINEAR];
    expected.extend(catalog::listed().map(|entry| entry.spec.name));
    assert_eq!(listed(&named("all"), Allowed::Deleting), expected);
}

#[test]
fn what_is_not_listed_is_listed_by_its_name_and_called_without() {
    assert!(catalog::unlisted().count() > 5);
    for entry in catalog::unlisted() {
        let name = entry.spec.name;
        assert_eq!(listed(&named(name), Allowed::Deleting), [name]);
        assert_eq!(find(name).unwrap().name(), name);
        let may_read = Tools::new(&named(name), &Guards::new(Allowed::Reading), None);
        assert_eq!(
            may_read.is_ok(),
            entry.spec.effect == Effect::Read,
            "{name}"
        );
    }
}

#[test]
fn yaml_is_two_doors_and_names_every_listed_operation() {
    assert_eq!(
        listed(&named("yaml"), Allowed::Deleting),
        [LINEAR, LINEAR_READ]
    );
    let tools = Tools::new(&named("yaml"), &Guards::new(Allowed::Deleting), None).unwrap();
    let description = tools.get(LINEAR).unwrap().description.clone().unwrap();
    for entry in catalog::listed() {
        assert!(description.contains(entry.spec.name), "{}", entry.spec.name);
    }
    for entry in catalog::unlisted() {
        let named = format!(" {}", entry.spec.name);
        assert!(!description.contains(&named), "{}", entry.spec.name);
    }
}

#[test]
fn names_choose_and_keep_the_order_of_the_table() {
    assert_eq!(
        listed(&named("create_issue, linear,get_issue"), Allowed::Deleting),
        ["linear", "get_issue", "create_issue"]
    );
}

#[test]
fn an_unknown_name_is_told_with_the_nearest() {
    let error = Tools::new(
        &named("get_isue,get_issue,zzzzzz,lables"),
        &Guards::new(Allowed::Deleting),
        None,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "There is no tool or toolset 'get_isue'; the nearest is 'get_issue'; There is no tool or toolset 'zzzzzz'; \
         There is no tool or toolset 'lables'; the nearest is 'labels'. The toolsets are core, issues, attachments, \
         relations, labels, states, teams, projects, users, comments, documents, server, all, yaml"
    );
    // A listing that looks like a key is not read at all.
    assert_eq!(Listing::parse("lin_api_very_secret"), None);
    let error = find("lin_api_very_secret").unwrap_err().to_string();
    assert!(!error.contains("very_secret"), "{error}");
}

#[test]
fn core_is_the_default_and_is_what_the_rows_say() {
    let mut expected = vec![LINEAR];
    let core = catalog::TABLE
        .iter()
        .filter(|entry| entry.listed == Listed::Core);
    expected.extend(core.map(|entry| entry.spec.name));
    assert_eq!(listed(&Listing::default(), Allowed::Deleting), expected);
    assert_eq!(listed(&named("core"), Allowed::Deleting), expected);
}

#[test]
fn a_category_lists_its_own_tools_alone() {
    for category in catalog::CATEGORIES.iter() {
        let rows = category.operations.iter().filter(|entry| entry.is_listed());
        let expected: Vec<&str> = rows.map(|entry| entry.spec.name).collect();
        for name in [category.name, category.toolset.as_str()] {
            assert_eq!(listed(&named(name), Allowed::Deleting), expected, "{name}");
        }
    }
}

#[test]
fn names_are_mixed_in_any_order_and_each_tool_is_listed_once() {
    for (names, expected) in [
        (
            "labels,yaml",
            &["linear", "linear_read", "get_or_create_label"][..],
        ),
        (
            "YAML, Teams,getTeam, get_team",
            &["linear", "linear_read", "get_team", "list_teams"],
        ),
        (
            "users,linear_read",
            &["linear_read", "get_user", "list_users"],
        ),
        (
            "relation,add_label,fetch_issue",
            &[
                "get_issue",
                "add_label",
                "create_relation",
                "delete_relation",
            ],
        ),
    ] {
        let tools = listed(&named(names), Allowed::Deleting);
        assert!(
            tools.starts_with(&expected.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "{names}: {tools:?}"
        );
        let unique: BTreeSet<&String> = tools.iter().collect();
        assert_eq!(unique.len(), tools.len(), "{tools:?}");
    }
    let all = listed(&named("all"), Allowed::Deleting);
    assert_eq!(listed(&named("core,all,issues"), Allowed::Deleting), all);
    // `linear` names the operations only where no tool of an operation does.
    let tools = Tools::new(
        &named("yaml,get_team"),
        &Guards::new(Allowed::Deleting),
        None,
    )
    .unwrap();
    let description = tools.get(LINEAR).unwrap().description.clone().unwrap();
    assert!(!description.contains("create_issue"), "{description}");
}

#[test]
fn nothing_that_writes_is_listed_when_nothing_may_be_written() {
    let names = listed(&named("all"), Allowed::Reading);
    assert!(names.contains(&"get_issue".to_owned()));
    assert!(!names.contains(&"create_issue".to_owned()));
    // What it is given to do is refused item by item.
    assert!(names.contains(&"batch".to_owned()));
}

#[test]
fn linear_reads_only_when_nothing_may_be_written() {
    let tools = Tools::new(&named("yaml"), &Guards::new(Allowed::Reading), None).unwrap();
    let linear = tools.get(LINEAR).unwrap();
    let description = linear.description.clone().unwrap();
    for entry in catalog::listed() {
        let named = description.contains(&format!(" {}", entry.spec.name));
        let permitted = Allowed::Reading.permits(entry.spec.effect);
        assert_eq!(named, permitted, "{description}");
    }
    let annotations = linear.annotations.clone().unwrap();
    assert_eq!(annotations.read_only_hint, Some(true));
    assert_eq!(annotations.destructive_hint, Some(false));
    let tools = Tools::new(&named("yaml"), &Guards::new(Allowed::Deleting), None).unwrap();
    let annotations = tools.get(LINEAR).unwrap().annotations.clone().unwrap();
    assert_eq!(annotations.read_only_hint, Some(false));
    assert_eq!(annotations.destructive_hint, Some(true));
}

#[test]
fn a_listing_of_nothing_is_refused() {
    let writes = named("create_issue,update_issue");
    assert_eq!(
        Tools::new(&writes, &Guards::new(Allowed::Reading), None).unwrap_err(),
        Unlistable::Nothing
    );
    assert_eq!(
        listed(&writes, Allowed::Deleting),
        ["create_issue", "update_issue"]
    );
}

#[test]
fn annotations_follow_the_effect() {
    let tools = Tools::new(&named("all"), &Guards::new(Allowed::Deleting), None).unwrap();
    for entry in catalog::listed() {
        let annotations = tools
            .get(entry.spec.name)
            .unwrap()
            .annotations
            .clone()
            .unwrap();
        let effect = entry.spec.effect;
        assert_eq!(annotations.read_only_hint, Some(effect == Effect::Read));
        assert_eq!(annotations.destructive_hint, Some(effect.destructive()));
        assert_eq!(annotations.idempotent_hint, Some(effect.idempotent()));
        assert_eq!(annotations.open_world_hint, Some(true));
    }
}

/// Asserts that a schema has only what Gemini's function declarations take (and so, with `strict: false`, OpenAI's):
/// one type, no combinators, enumerations of texts.
fn assert_portable(schema: &Value, place: &str) {
    let schema = schema.as_object().unwrap();
    let known = [
        "type",
        "description",
        "enum",
        "properties",
        "required",
        "items",
        "nullable",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
    ];
    for key in schema.keys() {
        assert!(known.contains(&key.as_str()), "{place} has {key}");
    }
    let kind = schema.get("type").and_then(Value::as_str).unwrap();
    assert!(
        ["string", "integer", "number", "boolean", "array", "object"].contains(&kind),
        "{place} is of type {kind}"
    );
    if let Some(words) = schema.get("enum") {
        let words = words.as_array().unwrap();
        assert!(kind == "string" && !words.is_empty(), "{place}");
        assert!(words.iter().all(Value::is_string), "{place}: {words:?}");
    }
    assert_eq!(schema.contains_key("items"), kind == "array", "{place}");
    if let Some(items) = schema.get("items") {
        assert_portable(items, &format!("{place}[]"));
    }
    let none = Map::new();
    let properties = schema
        .get("properties")
        .map_or(&none, |value| value.as_object().unwrap());
    assert!(properties.is_empty() || kind == "object", "{place}");
    for (name, property) in properties {
        assert!(is_portable_name(name), "{place}.{name}");
        assert_portable(property, &format!("{place}.{name}"));
    }
    let required = schema
        .get("required")
        .map(|names| names.as_array().unwrap());
    for name in required.into_iter().flatten() {
        assert!(
            properties.contains_key(name.as_str().unwrap()),
            "{place}: {name}"
        );
    }
}

/// Whether every host takes a name: a letter, then letters, digits and underscores, 64 characters at most.
fn is_portable_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(fits)
}

#[test]
fn every_tool_keeps_to_what_all_hosts_take() {
    for listing in [named("all"), named("yaml")] {
        let tools = Tools::new(&listing, &Guards::new(Allowed::Deleting), None).unwrap();
        for tool in tools.listed() {
            let schema = Value::Object(tool.input_schema.as_ref().clone());
            assert_eq!(schema.get("type").unwrap(), "object", "{}", tool.name);
            assert!(schema.get("properties").is_some(), "{}", tool.name);
            assert_portable(&schema, &tool.name);
            assert!(tool.output_schema.is_none(), "{}", tool.name);
            assert!(is_portable_name(&tool.name), "{}", tool.name);
            let description = tool.description.as_ref().unwrap();
            let length = description.chars().count();
            assert!((1..=1024).contains(&length), "{}: {length}", tool.name);
        }
    }
}

#[test]
fn a_parameter_that_is_not_listed_is_explained_by_help() {
    let entry = engine::find("get_issue_hierarchy").unwrap();
    let tools = Tools::new(&named("all"), &Guards::new(Allowed::Reading), None).unwrap();
    let schema = &tools.get(entry.spec.name).unwrap().input_schema;
    let listed = |name: &str| schema["properties"].get(name).is_some();
    assert!(listed("sibling_limit") && !listed("include_parent"));
    let field = entry.signature().field("include_parent").unwrap();
    assert!(field.unlisted && !field.description.is_empty());
}

#[test]
fn a_typed_tool_states_what_it_requires() {
    let tools = Tools::new(&named("all"), &Guards::new(Allowed::Deleting), None).unwrap();
    for entry in catalog::listed() {
        let schema = &tools.get(entry.spec.name).unwrap().input_schema;
        let stated: Vec<&str> = match schema.get("required") {
            Some(names) => names
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect(),
            None => Vec::new(),
        };
        let fields = entry.signature().fields.iter();
        let required: Vec<&str> = fields
            .filter(|field| field.required)
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(stated, required, "{}", entry.spec.name);
    }
}

#[test]
fn every_tool_asks_for_long_answers_to_be_handed_on() {
    for (answer_chars, expected) in [
        (None, 100_000),
        (Some(90_000), 100_000),
        (Some(300_000), 300_000),
    ] {
        let guards = Guards::new(Allowed::Deleting);
        let tools = Tools::new(&named("all"), &guards, answer_chars).unwrap();
        for tool in tools.listed() {
            let meta = tool.meta.as_ref().unwrap();
            let most = meta.0.get("anthropic/maxResultSizeChars").unwrap();
            assert_eq!(most, expected, "{}", tool.name);
        }
    }
}

fn ask(tool: &str, arguments: Value) -> Result<Request, Error> {
    let Value::Object(arguments) = arguments else {
        unreachable!("arguments are objects")
    };
    read_request(find(tool).unwrap(), arguments)
}

#[test]
fn one_request_has_many_forms() {
    let text = "operation: get_issue\nparams: {issue_id: PSN-1}\ncontext: {cache: false}";
    let object = json!({
        "operation": "get_issue", "params": {"issue_id": "PSN-1"}, "context": {"cache": false},
    });
    let expected = request::read(text, &Catalog).unwrap();
    let fields = json!({"issue_id": "PSN-1", "context": {"cache": false}});
    let params = json!({"params": {"issue_id": "PSN-1"}, "context": {"cache": false}});
    for (tool, arguments) in [
        ("linear", json!({"request": text})),
        ("linear", json!({"request": object})),
        ("linear", object.clone()),
        ("get_issue", json!({"request": text})),
        ("get_issue", json!({"request": object})),
        ("get_issue", object),
        ("get_issue", fields),
        ("get_issue", params),
    ] {
        assert_eq!(
            ask(tool, arguments.clone()).unwrap(),
            expected,
            "{tool} {arguments}"
        );
    }
}

#[test]
fn help_on_an_operation_is_no_request_for_it() {
    let expected =
        request::read("operation: help\nparams: {operation: get_issue}", &Catalog).unwrap();
    for (tool, arguments) in [
        ("help", json!({"operation": "get_issue"})),
        ("help", json!({"params": {"operation": "get_issue"}})),
        (
            "help",
            json!({"operation": "help", "params": {"operation": "get_issue"}}),
        ),
        (
            "linear",
            json!({"operation": "help", "params": {"operation": "get_issue"}}),
        ),
    ] {
        assert_eq!(
            ask(tool, arguments.clone()).unwrap(),
            expected,
            "{tool} {arguments}"
        );
    }
}

#[test]
fn a_typed_tool_runs_its_own_operation_only() {
    let error = ask("get_issue", json!({"request": "operation: create_issue"})).unwrap_err();
    assert_eq!(error.code(), Code::InvalidRequest);
    assert!(error.message().contains("'get_issue'"));
    assert!(error.message().contains("'create_issue'"));
    let unknown = ask("get_issue", json!({"operation": "get_isue"})).unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownOperation);
}

#[test]
fn several_requests_in_one_text_are_a_batch() {
    let text = "as: a\noperation: get_team\nparams: {team: ENG}\n---\noperation: get_issue\nparams: {issue_id: PSN-1}\ncontext: {cache: false}\n";
    let expected = json!({"operations": [
        {"as": "a", "operation": "get_team", "params": {"team": "ENG"}},
        {"operation": "get_issue", "params": {"issue_id": "PSN-1"}, "context": {"cache": false}},
    ]});
    for tool in ["linear", "batch"] {
        let read = ask(tool, json!({ "request": text })).unwrap();
        assert_eq!(read.operation, "batch");
        assert_eq!(Value::Object(read.params), expected);
        assert!(read.warnings.is_empty());
    }
    let error = ask("get_team", json!({ "request": text })).unwrap_err();
    assert!(error.message().contains("'batch'"), "{error}");
}

#[test]
fn what_hosts_add_to_a_call_is_left_out() {
    let expected =
        request::read("operation: get_issue\nparams: {issue_id: PSN-1}", &Catalog).unwrap();
    for (tool, mut arguments) in [
        (
            "linear",
            json!({"request": "operation: get_issue\nparams: {issue_id: PSN-1}"}),
        ),
        (
            "linear",
            json!({"operation": "get_issue", "params": {"issue_id": "PSN-1"}}),
        ),
        ("get_issue", json!({"issue_id": "PSN-1"})),
        ("get_issue", json!({"params": {"issue_id": "PSN-1"}})),
    ] {
        for key in ["toolCallId", "sessionId", "action", "chatInput", "_meta"] {
            if let Value::Object(arguments) = &mut arguments {
                arguments.insert(key.to_owned(), "x".into());
            }
        }
        assert_eq!(ask(tool, arguments).unwrap(), expected, "{tool}");
    }
}

#[test]
fn nothing_stands_beside_a_request() {
    let arguments = json!({"request": "operation: get_issue", "issue_id": "PSN-1"});
    let error = ask("get_issue", arguments).unwrap_err();
    assert_eq!(error.code(), Code::InvalidRequest);
    assert!(error.message().contains("issue_id"));
}

#[test]
fn no_arguments_are_no_parameters() {
    assert!(ask("get_issue", json!({})).unwrap().params.is_empty());
    let error = ask("linear", json!({})).unwrap_err();
    assert_eq!(error.code(), Code::InvalidRequest);
}
