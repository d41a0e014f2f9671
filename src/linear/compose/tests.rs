//! Documents merged and answers split, on texts made for it; `linear/tests/merging.rs` does it with the real ones.

use serde_json::json;

use super::*;

fn part(name: &'static str, text: &'static str, variables: Value) -> Part {
    Part::written(name, text, variables)
}

const TEAMS: &str = "query Teams($filter: TeamFilter, $first: Int! = 3) { # all\n teams(filter: $filter, first: $first) @include(if: true) { nodes { ...TeamFields } } } fragment TeamFields on Team { id parent { id } }";
const VIEWER: &str = "query Viewer { me: viewer { id } organization { id } }";

#[test]
fn one_part_keeps_its_names() {
    let composed = compose(&[part("Teams", TEAMS, json!({"first": 5}))]);
    assert_eq!(
        composed.query,
        "query Teams($filter:TeamFilter$first:Int!=3){teams(filter:$filter first:$first)@include(if:true){nodes{...TeamFields}}}fragment TeamFields on Team{id parent{id}}"
    );
    assert_eq!(Value::Object(composed.variables), json!({"first": 5}));
}

#[test]
fn of_several_operations_in_one_file_only_the_named_one_travels_with_its_fragments() {
    const FILE: &str = "query A($x: T = {a: 1}) { a(x: $x) { ...F } } mutation B { b { ...G } } fragment F on T { ...H } fragment G on T { g } fragment H on T { h }";
    let composed = compose(&[part("A", FILE, json!({}))]);
    assert_eq!(
        composed.query,
        "query A($x:T={a:1}){a(x:$x){...F}}fragment F on T{...H}fragment H on T{h}"
    );
    let part = part("B", FILE, json!({}));
    assert!(part.is_mutation());
    assert_eq!(
        compose(&[part]).query,
        "mutation B{b{...G}}fragment G on T{g}"
    );
}

#[test]
fn several_parts_get_prefixes_and_share_fragments() {
    let composed = compose(&[
        part("Teams", TEAMS, json!({"first": 5})),
        part("Viewer", VIEWER, json!({})),
        part("Teams", TEAMS, json!({"first": 6, "filter": null})),
    ]);
    assert_eq!(
        composed.query,
        "query Teams_Viewer_Teams($p0_filter:TeamFilter$p0_first:Int!=3 $p2_filter:TeamFilter$p2_first:Int!=3){p0_teams:teams(filter:$p0_filter first:$p0_first)@include(if:true){nodes{...TeamFields}} p1_me:viewer{id}p1_organization:organization{id} p2_teams:teams(filter:$p2_filter first:$p2_first)@include(if:true){nodes{...TeamFields}}}fragment TeamFields on Team{id parent{id}}"
    );
    assert_eq!(
        Value::Object(composed.variables),
        json!({"p0_first": 5, "p2_first": 6, "p2_filter": null})
    );
}

#[test]
fn an_answer_is_split_back_into_each_part() {
    let parts: Vec<Part> = (0..12).map(|_| part("Viewer", VIEWER, json!({}))).collect();
    let composed = compose(&parts);
    let data: Map<String, Value> = (0..12)
        .flat_map(|index| {
            [
                (format!("p{index}_me"), json!(index)),
                (format!("p{index}_organization"), json!(null)),
            ]
        })
        .collect();
    let answers = composed.split(data);
    assert_eq!(answers.len(), 12);
    for (index, own) in answers.into_iter().enumerate() {
        assert_eq!(
            Value::Object(own),
            json!({"me": index, "organization": null})
        );
    }
}

#[test]
fn an_error_path_leads_to_its_part() {
    let composed = compose(&[
        part("Viewer", VIEWER, json!({})),
        part("Teams", TEAMS, json!({})),
    ]);
    assert_eq!(composed.slot_of("p1_teams").unwrap(), 1);
    assert_eq!(composed.slot_of("teams"), None);
    let alone = compose(&[part("Teams", TEAMS, json!({}))]);
    assert_eq!(alone.slot_of("teams").unwrap(), 0);
}

#[test]
fn strings_comments_and_spreads_are_whole() {
    let text = r#"{ a(x: "q\"}{", y: """b "} c""", n: -1.5e3) # } no
        ...F ...on T { b } }"#;
    assert_eq!(
        tokens(text),
        [
            "{",
            "a",
            "(",
            "x",
            ":",
            r#""q\"}{""#,
            "y",
            ":",
            r#""""b "} c""""#,
            "n",
            ":",
            "-1.5e3",
            ")",
            "...",
            "F",
            "...",
            "on",
            "T",
            "{",
            "b",
            "}",
            "}"
        ]
    );
}

#[test]
fn joining_puts_no_two_words_together() {
    let text = "query Q($a: [Int!]! = 1, $b: T) { f(a: $a) { ...F x } }";
    let joined = join(tokens(text).into_iter());
    assert_eq!(joined, "query Q($a:[Int!]!=1$b:T){f(a:$a){...F x}}");
    assert_eq!(tokens(&joined), tokens(text));
}

#[test]
fn a_cost_is_a_fixed_sum_and_one_for_each_row_that_is_selected() {
    const COST: Cost = Cost {
        fixed: 7,
        rows: &[
            RowCost {
                tenths: 11,
                size: "first",
                switches: &[],
            },
            RowCost {
                tenths: 3,
                size: "comments",
                switches: &["withComments"],
            },
        ],
    };
    let tenths = |variables: Value| COST.tenths(&variables);
    assert_eq!(
        tenths(json!({"first": 10, "comments": 5, "withComments": true})),
        7 + 110 + 15
    );
    assert_eq!(
        tenths(json!({"first": 10, "comments": 5, "withComments": false})),
        7 + 110
    );
    assert_eq!(tenths(json!({"first": 0})), 7 + 150);
    assert_eq!(tenths(json!({"comments": 0})), 7 + 550);
    assert_eq!(tenths(json!({"first": u64::MAX})), u64::MAX);
    let mut part = part("Viewer", VIEWER, json!({"first": 1, "comments": 1}));
    part.cost = COST;
    assert_eq!(part.complexity(), 3);
    part.variables = json!({"first": u64::MAX});
    assert_eq!(part.complexity(), u32::MAX);
}
