#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

use super::*;

fn listed(listing: &Listing, may: Allowed) -> Vec<String> {
    let tools = Tools::new(listing, &Guards::new(may)).unwrap();
    tools
        .listed()
        .iter()
        .map(|tool| tool.name.to_string())
        .collect()
}

fn named(names: &[&str]) -> Listing {
    Listing::Names(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn all_are_linear_and_the_table_in_its_order() {
    let mut expected = vec![LINEAR];
    expected.extend(operations::TABLE.iter().map(|entry| entry.spec.name));
    assert_eq!(listed(&Listing::All, Allowed::Deleting), expected);
}

#[test]
fn yaml_is_two_doors_and_names_every_operation() {
    assert_eq!(
        listed(&Listing::Yaml, Allowed::Deleting),
        [LINEAR, LINEAR_READ]
    );
    let tools = Tools::new(&Listing::Yaml, &Guards::new(Allowed::Deleting)).unwrap();
    let description = tools.get(LINEAR).unwrap().description.clone().unwrap();
    for entry in operations::TABLE.iter() {
        assert!(description.contains(entry.spec.name), "{}", entry.spec.name);
    }
}

#[test]
fn names_choose_and_keep_the_order_of_the_table() {
    assert_eq!(
        listed(
            &named(&["create_issue", "linear", "get_issue"]),
            Allowed::Deleting
        ),
        ["linear", "get_issue", "create_issue"]
    );
}

#[test]
fn an_unknown_name_is_told_with_the_nearest() {
    let error = Tools::new(
        &named(&["get_isue", "get_issue", "zzzzzz"]),
        &Guards::new(Allowed::Deleting),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "There is no tool 'get_isue'; the nearest is 'get_issue'; There is no tool 'zzzzzz'"
    );
    let error = Tools::new(
        &named(&["lin_api_very_secret"]),
        &Guards::new(Allowed::Deleting),
    )
    .unwrap_err();
    assert!(!error.to_string().contains("very_secret"), "{error}");
}

#[test]
fn nothing_that_writes_is_listed_when_nothing_may_be_written() {
    let names = listed(&Listing::All, Allowed::Reading);
    assert!(names.contains(&"get_issue".to_owned()));
    assert!(!names.contains(&"create_issue".to_owned()));
    // What it is given to do is refused item by item.
    assert!(names.contains(&"batch".to_owned()));
}

#[test]
fn linear_reads_only_when_nothing_may_be_written() {
    let tools = Tools::new(&Listing::Yaml, &Guards::new(Allowed::Reading)).unwrap();
    let linear = tools.get(LINEAR).unwrap();
    let description = linear.description.clone().unwrap();
    for entry in operations::TABLE.iter() {
        let named = description.contains(&format!(" {}", entry.spec.name));
        let permitted = Allowed::Reading.permits(entry.spec.effect);
        assert_eq!(named, permitted, "{description}");
    }
    let annotations = linear.annotations.clone().unwrap();
    assert_eq!(annotations.read_only_hint, Some(true));
    assert_eq!(annotations.destructive_hint, Some(false));
    let tools = Tools::new(&Listing::Yaml, &Guards::new(Allowed::Deleting)).unwrap();
    let annotations = tools.get(LINEAR).unwrap().annotations.clone().unwrap();
    assert_eq!(annotations.read_only_hint, Some(false));
    assert_eq!(annotations.destructive_hint, Some(true));
}

#[test]
fn a_listing_of_nothing_is_refused() {
    let writes = named(&["create_issue", "update_issue"]);
    assert_eq!(
        Tools::new(&writes, &Guards::new(Allowed::Reading)).unwrap_err(),
        Unlistable::Nothing
    );
    assert_eq!(
        listed(&writes, Allowed::Deleting),
        ["create_issue", "update_issue"]
    );
}

#[test]
fn annotations_follow_the_effect() {
    let tools = Tools::new(&Listing::All, &Guards::new(Allowed::Deleting)).unwrap();
    for entry in operations::TABLE.iter() {
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

#[test]
fn schemas_are_plain_objects() {
    for tool in Tools::new(&Listing::All, &Guards::new(Allowed::Deleting))
        .unwrap()
        .listed()
    {
        let schema = tool.input_schema.as_ref();
        assert_eq!(
            schema.get("type"),
            Some(&Value::from("object")),
            "{}",
            tool.name
        );
        for noise in ["$schema", "$defs", "title", "anyOf", "oneOf", "allOf"] {
            assert!(!schema.contains_key(noise), "{} has {noise}", tool.name);
        }
        let text = Value::Object(schema.clone()).to_string();
        assert!(!text.contains("\"format\":\""), "{text}");
        assert!(tool.output_schema.is_none());
        assert!(
            tool.description
                .as_ref()
                .is_some_and(|text| !text.is_empty())
        );
    }
}

#[test]
fn every_tool_asks_for_long_answers_to_be_handed_on() {
    let tools = Tools::new(&Listing::All, &Guards::new(Allowed::Deleting)).unwrap();
    for tool in tools.listed() {
        let meta = tool.meta.as_ref().unwrap();
        let most = meta.0.get("anthropic/maxResultSizeChars").unwrap();
        assert_eq!(most, 500_000, "{}", tool.name);
    }
}
