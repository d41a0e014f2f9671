//! What a snapshot of a large workspace takes: `cargo test --release --test it -- --ignored --nocapture warm::large`
//! measures it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use linear_ops::cache::{Cache, Disk, Found, Identity, LONGEST_AGE, Reach};
use linear_ops::clock::Clock;
use linear_ops::linear::model::{Label, Project, State, Team, User};
use linear_ops::sandbox::Sandbox;
use serde_json::{Value, json};

use super::program::{command, run};
use crate::support;

const TEAMS: usize = 40;
const STATES: usize = 8;
const LABELS: usize = 500;
const USERS: usize = 300;
const PROJECTS: usize = 100;

/// The id of the thing of that kind and number.
fn id(kind: u8, number: usize) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}

fn entities<T: serde::de::DeserializeOwned>(
    count: usize,
    entity: impl Fn(usize) -> Value,
) -> Vec<Arc<T>> {
    let entities = (0..count).map(|number| serde_json::from_value(entity(number)).unwrap());
    entities.map(Arc::new).collect()
}

/// Returns a cache that has all of a large workspace.
fn large() -> Cache {
    let cache = empty();
    let teams: Vec<Arc<Team>> = entities(TEAMS, |number| {
        json!({
            "id": id(1, number), "key": format!("T{number}"), "name": format!("Team number {number}"),
            "description": "What it is for", "triageEnabled": false, "cyclesEnabled": true,
            "issueEstimationType": "fibonacci", "issueEstimationAllowZero": false,
            "issueEstimationExtended": false,
        })
    });
    let states: Vec<Arc<State>> = entities(TEAMS * STATES, |number| {
        json!({
            "id": id(2, number), "name": format!("State number {}", number % STATES), "type": "started",
            "color": "#123456", "position": number, "description": null,
            "team": {"id": id(1, number / STATES)},
        })
    });
    let labels: Vec<Arc<Label>> = entities(LABELS, |number| {
        json!({
            "id": id(3, number), "name": format!("Label number {number}"), "color": "#123456",
            "description": "What it is for", "isGroup": false, "retiredAt": null, "parent": null,
            "team": null,
        })
    });
    let users: Vec<Arc<User>> = entities(USERS, |number| {
        json!({
            "id": id(4, number), "name": format!("Person number {number}"),
            "displayName": format!("person{number}"), "email": format!("person{number}@large.example"),
            "active": true, "app": false, "isMe": number == 0,
        })
    });
    let projects: Vec<Arc<Project>> = entities(PROJECTS, |number| {
        json!({
            "id": id(5, number), "name": format!("Project number {number}"),
            "slugId": format!("{number:012x}"), "description": "", "url": "https://linear.app/x",
            "startDate": null, "targetDate": null, "priority": 0, "createdAt": "2025-01-01T00:00:00.000Z",
            "archivedAt": null, "lead": null, "labels": {"nodes": []},
            "status": {"id": id(6, 0), "name": "Backlog", "type": "backlog", "position": 0},
            "teams": {"nodes": [{"id": id(1, 0), "key": "T0", "name": "Team number 0"}]},
        })
    });
    cache.teams.put_list("", &teams, cache.teams.mark());
    cache.users.put_list("", &users, cache.users.mark());
    let mark = cache.projects.mark();
    cache.projects.put_list("", &projects, mark);
    cache.states.put_list("", &states, cache.states.mark());
    cache.labels.put_list("", &labels, cache.labels.mark());
    for (team, own) in teams.iter().zip(states.chunks(STATES)) {
        cache.states.put_list(&team.id, own, cache.states.mark());
        cache
            .labels
            .put_list(&team.id, &labels, cache.labels.mark());
    }
    cache.prefetched();
    cache
}

fn empty() -> Cache {
    Cache::lasting(Duration::from_secs(600), LONGEST_AGE, 20_000)
}

fn disk(folder: &Path) -> Disk {
    let identity = Identity::of("https://api.example/graphql", "lin_api_large");
    Disk::new(folder.to_owned(), identity, Clock::system())
}

/// Saves a large cache, and returns the size of the file.
async fn saved(folder: &Path) -> u64 {
    let folder = folder.join("names");
    disk(&folder).save(&large()).await;
    let mut files = std::fs::read_dir(folder).unwrap();
    files.next().unwrap().unwrap().metadata().unwrap().len()
}

#[tokio::test]
async fn all_of_a_large_workspace_fits() {
    let folder = tempfile::tempdir().unwrap();
    let size = saved(folder.path()).await;
    assert!(size < 1024 * 1024, "{size}");
    let cache = empty();
    let disk = disk(&folder.path().join("names"));
    disk.load(&cache);
    assert!(matches!(disk.status().found, Found::Used(_)));
    assert!(cache.is_prefetched());
    let last = format!("Label number {}", LABELS - 1);
    let found = cache.labels.latest(&id(1, TEAMS - 1), &last, Reach::Recent);
    assert_eq!(found.unwrap().len(), LABELS);
    assert!(cache.labels.list("").is_none());
    let usage = cache.usage();
    let entries: u64 = usage.iter().map(|(_, usage)| usage.entries).sum();
    let expected = TEAMS + TEAMS * STATES + LABELS + USERS + PROJECTS;
    assert_eq!(entries, expected as u64);
}

#[tokio::test]
#[ignore = "a measurement, of a release build"]
async fn what_reading_it_takes() {
    let folder = tempfile::tempdir().unwrap();
    let size = saved(folder.path()).await;
    let read = || {
        let cache = empty();
        let disk = disk(&folder.path().join("names"));
        let watch = Instant::now();
        disk.load(&cache);
        let time = watch.elapsed();
        assert!(matches!(disk.status().found, Found::Used(_)));
        time
    };
    let mut times: Vec<Duration> = (0..51).map(|_| read()).collect();
    times.sort_unstable();
    eprintln!(
        "{size} bytes are read in {:?} (p50), {:?} (least)",
        times[25], times[0]
    );
}

#[tokio::test]
#[ignore = "a measurement"]
async fn what_the_first_create_of_a_process_takes() {
    let sandbox = Sandbox::new();
    let server = support::serve(&sandbox).await;
    let url = format!("{}/graphql", server.uri());
    sandbox.script().latency(Duration::from_millis(100));
    for with in [false, true] {
        let mut times = Vec::new();
        let mut requests = 0;
        let cache = tempfile::tempdir().unwrap();
        if with {
            run(command(&url, cache.path()), cache.path()).await;
        }
        for _ in 0..21 {
            let own = tempfile::tempdir().unwrap();
            let cache = if with { cache.path() } else { own.path() };
            sandbox.forget_requests();
            let watch = Instant::now();
            run(command(&url, cache), cache).await;
            times.push(watch.elapsed());
            requests = sandbox.requests().len();
        }
        times.sort_unstable();
        let word = if with { "with" } else { "without" };
        eprintln!(
            "a process's first create {word} a snapshot: {requests} requests, {:?} (p50 of a whole `run`, against a \
             stand-in that takes 100 ms)",
            times[10]
        );
    }
}
