//! Keys and passwords in a request are neither written to Linear nor repeated in an answer.

use linear_ops::engine::catalog::TABLE;
use linear_ops::params::Form;
use linear_ops::text::secret::Secrets;
use serde_json::Value;

use super::{ask, batch, params, writing};
use crate::support::{TestWorkspace, mutations};

const TOKEN: &str = "Xyzzy4711-Unmistakable_Token";

async fn workspace() -> TestWorkspace {
    let mut workspace = TestWorkspace::deleting().await;
    workspace.session.guards.secrets = Secrets::new([TOKEN]);
    workspace
}

/// Every text of every operation that writes, with a key in it.
#[tokio::test]
async fn a_key_is_written_through_no_parameter() {
    let workspace = workspace().await;
    let mut tried = 0;
    for entry in writing() {
        let name = entry.spec.name;
        for field in entry
            .signature()
            .fields
            .iter()
            .filter(|field| !field.shared)
        {
            let is_text = matches!(field.form, Form::Markdown | Form::Line);
            let is_name = ["url", "links", "labels", "add_labels", "name"].contains(&&*field.name);
            if !is_text && !is_name {
                continue;
            }
            for key in [
                "lin_api_0123456789abcdef",
                r"lin\_oauth\_0123456789abcdef",
                "https://a.example/?key=lin%5Fapi%5F0123456789",
                TOKEN,
                "https://me:word@a.example/x",
            ] {
                tried += 1;
                let mut params = params(entry);
                let text = Value::from(format!("see {key}"));
                params[&field.name] = match field.is_list() {
                    true => Value::Array(vec![text]),
                    false => text,
                };
                let request = format!("operation: {name}\nparams: {params}\n");
                let answer = ask(&workspace, &request, false).await;
                let what = format!("{name} {}: {:#}", field.name, answer.0);
                assert_eq!(answer.code(), "INVALID_PARAM", "{what}");
                assert_eq!(
                    answer.at("/error/details/param"),
                    field.name.as_str(),
                    "{what}"
                );
                assert_eq!(answer.calls(), 0, "{what}");
                for part in ["0123456789", "Xyzzy4711", "me:word"] {
                    assert!(!answer.0.to_string().contains(part), "{what}");
                }
            }
        }
    }
    assert!(tried > 100, "{tried}");
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_batch_writes_no_key_either() {
    let workspace = workspace().await;
    let params = format!(
        "{{operations: [{{operation: create_comment, params: {{issue_id: ENG-231, body: 'k {TOKEN}'}}}},
            {{operation: create_comment, params: {{issue_id: ENG-231, body: fine}}}}]}}"
    );
    let answer = workspace.call("batch", &params).await;
    let text = answer.0.to_string();
    assert!(
        text.contains("INVALID_PARAM") && !text.contains("Xyzzy"),
        "{text}"
    );
    assert_eq!(answer.data()["succeeded"], 1);
}

#[tokio::test]
async fn texts_that_only_speak_of_keys_are_written() {
    let workspace = workspace().await;
    let body = "Keys begin with `lin_api_`; see https://a.example/?q=me@b.example";
    let params = format!("{{issue_id: ENG-231, body: '{body}'}}");
    workspace.call("create_comment", &params).await.data();
}

/// Whatever repeats what a caller sent does not repeat the key.
#[tokio::test]
async fn no_answer_tells_the_key_in_use() {
    let workspace = workspace().await;
    let encoded = TOKEN.replace('-', "%2D").replace('_', "%5f");
    for key in [TOKEN.to_owned(), encoded, TOKEN.to_lowercase()] {
        let mut requests = vec![
            format!("operation: '{key}'\n"),
            format!("operation: [{key}\n"),
            format!("operation: get_issue\nparams: {{issue_id: ENG-231, '{key}': 1}}\n"),
            format!("operation: get_issue\nparams: {{issue_id: '{key}'}}\n"),
            format!("operation: get_team\nparams: {{team: '{key}'}}\n"),
            format!("operation: list_issues\nparams: {{labels: ['{key}'], priority: '{key}'}}\n"),
            format!("operation: update_issue\nparams: {{issue_id: ENG-231, state: '{key}'}}\n"),
            format!("operation: help\nparams: {{operation: '{key}'}}\n"),
            format!(
                "operation: batch\nparams: {{operations: [{{operation: get_team, params: {{team: '{key}'}}}}]}}\n"
            ),
        ];
        for entry in TABLE.iter() {
            requests.push(batch(entry, &key));
        }
        for request in requests {
            let read = linear_ops::request::read(&request, &linear_ops::engine::Catalog);
            let cancel = tokio_util::sync::CancellationToken::new();
            let answer = linear_ops::engine::answer(&workspace.session, read, cancel).await;
            let text = answer.text.to_lowercase();
            assert!(!text.contains("xyzzy4711"), "{request} {text}");
            assert!(!text.contains("unmistakable"), "{request} {text}");
        }
    }
}
