//! The code fence round a request.

use serde_json::{Value, json};

use super::{read, read_all, read_stream, refused};

#[test]
fn a_fence_closes_as_commonmark_says() {
    let request = "operation: x\nparams:\n  title: T\n";
    for text in [
        format!("```yaml\n{request}```\n"),
        format!("````yaml\n{request}````\n"),
        format!("```yaml\n{request}`````\n"),
        format!("~~~~ yaml\n{request}~~~~\n"),
        format!("   ```yaml\n{request}   ```\n"),
        format!("```yaml\n{request}"),
        format!("````\n{request}~~~\n````\n").replace("~~~\n", ""),
    ] {
        let found = read(&text).unwrap();
        assert_eq!(Value::Object(found.params), json!({"title": "T"}), "{text}");
    }
    refused("````yaml\noperation: x\nparams:\n  title: T\n```\nmore: text\n");
}

#[test]
fn a_fence_in_a_text_of_the_request_closes_nothing() {
    let body = "Run:\n```sh\nmake\n```\nthen deploy.\n";
    let deep: String = body.lines().map(|line| format!("    {line}\n")).collect();
    let flat: String = body.lines().map(|line| format!("  {line}\n")).collect();
    let closed = "```\n";
    for end in ["", closed] {
        let text =
            format!("```yaml\noperation: x\nparams:\n  body: |\n{deep}  state: In Review\n{end}");
        let found = read(&text).unwrap();
        assert_eq!(
            Value::Object(found.params),
            json!({"body": body, "state": "In Review"}),
            "{text}"
        );
        let text = format!("```yaml\noperation: x\nissue_id: PSN-1\nbody: |\n{flat}{end}");
        assert_eq!(read(&text).unwrap().params["body"], body, "{text}");
        let lost = format!(
            "```yaml\noperation: x\nparams:\n  body: |\n{body}context:\n  command: y\n{end}"
        );
        assert_eq!(read(&lost).unwrap().params["body"], body, "{lost}");
    }
    let lost = format!("```yaml\noperation: x\nparams:\n  body: |\n    ## First\n{body}```\n");
    assert_eq!(
        read(&lost).unwrap().params["body"],
        format!("## First\n{body}")
    );
}

#[test]
fn what_stands_outside_of_the_fence_is_told_as_left_out() {
    let text = "Here it is:\n\n```yaml\noperation: x\nparams:\n  body: |\n    Steps below.\n```\n\nRun it with:\n\n```sh\nmake deploy\n```\n";
    let found = read(text).unwrap();
    assert_eq!(found.params["body"], "Steps below.\n");
    let told = found
        .warnings
        .iter()
        .find(|warning| warning.contains("left out"))
        .unwrap();
    assert!(told.contains("Here it is: Run it with:"), "{told}");
}

#[test]
fn a_second_request_in_a_second_fence_is_refused() {
    let one = "```yaml\noperation: x\nparams: {title: T}\n```\n";
    for other in [
        one,
        "```json\n{\"operation\": \"y\"}\n```\n",
        "operation: y\n",
    ] {
        let error = refused(&format!("{one}\nand\n\n{other}"));
        assert!(error.message().contains("second request"), "{error}");
        assert!(
            error
                .suggestions()
                .iter()
                .any(|hint| hint.contains("batch")),
            "{error}"
        );
    }
}

#[test]
fn a_stream_may_have_one_fence_or_one_for_each() {
    let one = "operation: x\nparams: {title: T}\n";
    for text in [
        format!("```yaml\n{one}---\n{one}```\n"),
        format!("```yaml\n{one}```\n---\n```yaml\n{one}```\n"),
    ] {
        let batch = read_all(&text).unwrap();
        assert_eq!(
            batch.params["operations"].as_array().unwrap().len(),
            2,
            "{text}"
        );
        let all = read_stream(&text);
        assert!(
            all.len() == 2 && all.iter().all(Result::is_ok),
            "{text}: {all:?}"
        );
    }
}

#[test]
fn prose_round_the_fence_of_the_one_request_is_left_out_and_told() {
    let request = "```yaml\noperation: x\nparams:\n  title: T\n```\n";
    for (before, behind, word) in [
        ("Here:\n\n", "", "Here:"),
        ("Request:\n", "Note: thanks\n", "Request:"),
        ("Note: this one\n- as: said\n", "", "this one"),
        (
            "",
            "operation: this one fetches the issue\n",
            "fetches the issue",
        ),
        ("", "\noperation: see above, and run it\n", "see above"),
        ("```bash\nmake\n```\n\n", "", "make"),
        (
            "First:\n~~~\nkey: value\n~~~\nThen:\n",
            "```sh\nmake\n```\n",
            "key: value",
        ),
        ("", "```json\n{\"data\": 1}\n```\n", "data"),
    ] {
        let text = format!("{before}{request}{behind}");
        let found = read(&text).unwrap();
        assert_eq!(Value::Object(found.params), json!({"title": "T"}), "{text}");
        let told = |warning: &String| warning.contains("left out") && warning.contains(word);
        assert!(
            found.warnings.iter().any(told),
            "{text}: {:?}",
            found.warnings
        );
    }
    for text in [
        format!("operation: y\n\n{request}"),
        format!("{request}operation: \"y\" # second\n"),
        format!("{request}operation: y, params: {{}}\n"),
        format!("```sh\nmake\n```\n{request}{request}"),
        format!("Then:\n{request}```\n{{\"operation\": \"y\"}}\n```\n"),
        format!("{request}```\nlist_teams\n```\n"),
    ] {
        refused(&text);
    }
    // A request without a fence that has one in its text is no request in a fence.
    let flat = "body: |\n  ```\n  operation: y\n  ```\noperation: x\n";
    assert_eq!(
        read(flat).unwrap().params["body"],
        "```\noperation: y\n```\n"
    );
}
