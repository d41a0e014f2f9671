//! Several processes tick items of one checklist at the same time: the real binary, over one stand-in.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use linear_ops::sandbox::Sandbox;
use serde_json::json;

use crate::support::binary;
use crate::support::serve;

/// The result of a race: the items that were reported as ticked, and the items that are ticked in the end.
#[derive(Debug)]
struct Race {
    reported: BTreeSet<usize>,
    ticked: BTreeSet<usize>,
}

impl Race {
    /// Returns the items that were reported as ticked although they are not.
    fn lost(&self) -> Vec<usize> {
        self.reported.difference(&self.ticked).copied().collect()
    }
}

/// What the processes share.
#[derive(Clone, Copy, Debug)]
enum Machines {
    /// The processes share a state folder, and with it their locks.
    One,
    /// Each process has its own state folder.
    Several,
}

/// Lets several processes tick different items of one checklist at the same time.
async fn race(processes: usize, ticks: usize, machines: Machines) -> Race {
    let sandbox = Sandbox::new();
    let lines = (0..processes * ticks).map(|item| format!("* [ ] item {item}."));
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut id = String::new();
    sandbox.edit(|store| {
        let record = store.find("Issue", "identifier", "PSN-123").unwrap();
        id = record["id"].as_str().unwrap().to_owned();
        let record = store.get_mut("Issue", &id).unwrap();
        record.insert("description".to_owned(), json!(text));
    });
    let server = serve(&sandbox).await;
    let url = format!("{}/graphql", server.uri());
    let folder = tempfile::tempdir().unwrap();
    let work = (0..processes).map(|process| {
        let items: Vec<usize> = (0..ticks).map(|tick| tick * processes + process).collect();
        let state = match machines {
            Machines::One => folder.path().join("state"),
            Machines::Several => folder.path().join(format!("state {process}")),
        };
        let url = url.clone();
        tokio::task::spawn_blocking(move || tick(&url, &state, &items))
    });
    let mut reported = BTreeSet::new();
    for done in work.collect::<Vec<_>>() {
        reported.extend(done.await.unwrap());
    }
    let mut ticked = BTreeSet::new();
    sandbox.edit(|store| {
        let text = store.get("Issue", &id).unwrap()["description"]
            .as_str()
            .unwrap();
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("* [X] item "));
        ticked.extend(lines.map(|item| item.trim_end_matches('.').parse::<usize>().unwrap()));
    });
    Race { reported, ticked }
}

/// Ticks these items one after the other in one process, and returns the items that the process reported as ticked.
fn tick(url: &str, state: &Path, items: &[usize]) -> Vec<usize> {
    let request = |item: &usize| {
        format!(
            "operation: update_checklist_items\nparams: {{issue_id: PSN-123, items: ['item {item}.']}}\n"
        )
    };
    let stream = items.iter().map(request).collect::<Vec<_>>().join("---\n");
    let mut child = binary::command()
        .arg("run")
        .env("LINEAR_API_URL", url)
        .env("LINEAR_API_KEY", "lin_api_sandbox")
        .env("LINEAR_OPS_STATE_DIR", state)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, stream.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<&str> = answers.split("---\n").collect();
    assert_eq!(answers.len(), items.len(), "{answers:?}");
    let done = items.iter().zip(answers).filter(|(_, answer)| {
        let done = answer.starts_with("success: true");
        // An edit that is not done fails with EDIT_CONFLICT.
        assert!(done || answer.contains("EDIT_CONFLICT"), "{answer}");
        done
    });
    done.map(|(item, _)| *item).collect()
}

#[tokio::test]
async fn processes_of_one_machine_tick_all_of_their_items() {
    for processes in [1, 3, 6] {
        let race = race(processes, 5, Machines::One).await;
        assert_eq!(race.reported.len(), processes * 5, "{race:?}");
        assert!(race.lost().is_empty(), "{race:?}");
    }
}

#[tokio::test]
async fn processes_of_several_machines_lose_no_tick_that_was_told_as_done() {
    for processes in [3, 6] {
        let race = race(processes, 5, Machines::Several).await;
        assert!(race.lost().is_empty(), "{race:?}");
        assert!(!race.reported.is_empty(), "{race:?}");
    }
}

/// The same for longer: `cargo test --test it -- --ignored --nocapture six_hundred`.
#[tokio::test]
#[ignore = "takes minutes"]
async fn six_hundred_ticks_of_one_to_six_processes() {
    for machines in [Machines::One, Machines::Several] {
        for processes in 1..=6 {
            let race = race(processes, 600 / processes, machines).await;
            eprintln!(
                "{machines:?}, {processes} processes: {} told as done, {} ticked, lost {:?}",
                race.reported.len(),
                race.ticked.len(),
                race.lost()
            );
            assert!(race.lost().is_empty(), "{machines:?} {processes}");
        }
    }
}
