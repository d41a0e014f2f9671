//! The snapshot file: what of it is used, and what is ignored.

use std::fs;
use std::path::Path;

use linear_ops::cache::Found;
use linear_ops::session::Session;

use super::{DAYS, HOURS, ISSUE, MINUTES, Machine, found};
use crate::support::call;

/// Whether the process found a file that it does not use, and said so.
fn is_ignored(process: &Session) -> bool {
    matches!(found(process), Found::Ignored(_))
}

/// Asserts that a process ignores the file, and creates an issue as it does without a snapshot.
async fn assert_is_ignored(machine: &Machine, with_a_word: bool) {
    let process = machine.process();
    assert_eq!(is_ignored(&process), with_a_word);
    let answer = call(&process, "create_issue", ISSUE).await;
    answer.data();
    assert_eq!(answer.calls(), 2);
    // The process saves a valid snapshot in place of the ignored one.
    process.save().await;
    assert!(matches!(found(&machine.process()), Found::Used(_)));
}

#[tokio::test]
async fn a_file_that_was_cut_off_or_altered_is_ignored() {
    let machine = Machine::used().await;
    let (path, good) = machine.file();
    for length in [0, 1, 20, 100, good.len() / 2, good.len() - 1] {
        fs::write(&path, &good[..length]).unwrap();
        assert!(is_ignored(&machine.process()), "{length}");
    }
    for place in (0..good.len()).step_by(good.len() / 50) {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        fs::write(&path, bytes).unwrap();
        let found = found(&machine.process());
        // A file with the header of another version is not read further.
        assert!(!matches!(found, Found::Used(_)), "{place}");
    }
    let name = String::from_utf8(good.clone()).unwrap();
    fs::write(&path, name.replacen("Engineering", "Engineerinx", 1)).unwrap();
    assert_is_ignored(&machine, true).await;
}

#[tokio::test]
async fn a_file_of_another_version_is_replaced_without_a_word() {
    let machine = Machine::used().await;
    let (path, good) = machine.file();
    let text = String::from_utf8(good).unwrap();
    let (first, rest) = text.split_once(' ').unwrap();
    let (_, rest) = rest.split_once(' ').unwrap();
    fs::write(&path, format!("{first} 2 {rest}")).unwrap();
    assert_is_ignored(&machine, false).await;
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_read() {
    let machine = Machine::used().await;
    let (path, mut bytes) = machine.file();
    bytes.resize(5 * 1024 * 1024, b' ');
    fs::write(&path, bytes).unwrap();
    assert_is_ignored(&machine, true).await;
}

#[tokio::test]
async fn a_file_from_the_future_is_ignored_and_one_of_yesterday_has_nothing() {
    let machine = Machine::used().await;
    machine.wait(-HOURS);
    assert!(is_ignored(&machine.process()));
    machine.wait(HOURS + DAYS);
    let process = machine.process();
    assert!(matches!(found(&process), Found::Used(_)));
    assert_eq!(call(&process, "create_issue", ISSUE).await.calls(), 2);
}

#[tokio::test]
async fn keys_and_addresses_share_nothing_and_no_key_is_in_a_file() {
    const KEY: &str = "lin_api_sandbox";
    let machine = Machine::used().await;
    let (path, bytes) = machine.file();
    let text = String::from_utf8(bytes).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    for secret in [KEY, "api.example"] {
        assert!(!text.contains(secret) && !name.contains(secret));
    }
    let other = machine.process_of("lin_api_other");
    assert_eq!(found(&other), Found::None);
    assert_eq!(call(&other, "create_issue", ISSUE).await.calls(), 2);
    other.save().await;
    // Each key has its own file.
    let files = fs::read_dir(machine.folder()).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    let others = files.iter().find(|file| **file != path).unwrap();
    fs::copy(others, &path).unwrap();
    assert!(is_ignored(&machine.process()));
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_the_users_alone_and_one_that_others_can_write_is_ignored() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let machine = Machine::used().await;
    let (path, _) = machine.file();
    assert_eq!((mode(&path), mode(&machine.folder())), (0o600, 0o700));
    set_mode(&machine.folder(), 0o777);
    assert!(is_ignored(&machine.process()));
    set_mode(&machine.folder(), 0o700);
    for wrong in [0o620, 0o602, 0o666] {
        set_mode(&path, wrong);
        assert!(is_ignored(&machine.process()), "{wrong:o}");
    }
    assert_is_ignored(&machine, true).await;
    assert_eq!(mode(&path), 0o600);
}

#[cfg(unix)]
#[tokio::test]
async fn no_link_is_followed() {
    use std::os::unix::fs::symlink;
    let machine = Machine::used().await;
    let (path, good) = machine.file();
    let target = machine.cache.path().join("target");
    fs::write(&target, &good).unwrap();
    set_mode(&target, 0o600);
    fs::remove_file(&path).unwrap();
    symlink(&target, &path).unwrap();
    assert_is_ignored(&machine, true).await;
    // The new file replaced the link, and the target of the link is unchanged.
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
    assert_eq!(fs::read(&target).unwrap(), good);
    // A folder that is a link is not used either.
    let elsewhere = machine.cache.path().join("elsewhere");
    fs::rename(machine.folder(), &elsewhere).unwrap();
    symlink(&elsewhere, machine.folder()).unwrap();
    let before = fs::read(elsewhere.join(path.file_name().unwrap())).unwrap();
    let process = machine.process();
    assert!(is_ignored(&process));
    call(&process, "create_issue", ISSUE).await.data();
    process.save().await;
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1);
    let after = fs::read(elsewhere.join(path.file_name().unwrap())).unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn without_a_folder_names_are_kept_in_memory() {
    let machine = Machine::new().await;
    fs::write(machine.folder(), "a file in the folder's place").unwrap();
    let process = machine.process();
    assert_eq!(found(&process), Found::None);
    assert_eq!(call(&process, "create_issue", ISSUE).await.calls(), 2);
    process.save().await;
    assert!(process.disk.get().unwrap().status().saved.is_none());
    assert_eq!(call(&process, "create_issue", ISSUE).await.calls(), 1);
}

#[tokio::test]
async fn of_processes_that_write_at_once_the_last_wins_whole() {
    let machine = Machine::used().await;
    let mut writers = Vec::new();
    for number in 0..8 {
        let process = machine.process();
        let params = format!("{{team: ENG, name: label-{number}}}");
        writers.push(async move {
            call(&process, "get_or_create_label", &params).await.data();
            process.save().await;
            process
        });
    }
    futures::future::join_all(writers).await;
    machine.file();
    let process = machine.process();
    assert!(matches!(found(&process), Found::Used(_)));
    assert_eq!(call(&process, "create_issue", ISSUE).await.calls(), 1);
}

#[tokio::test]
async fn what_another_process_has_written_meanwhile_is_not_lost() {
    let machine = Machine::new().await;
    let (one, other) = (machine.process(), machine.process());
    call(&one, "create_issue", ISSUE).await.data();
    call(
        &other,
        "create_document",
        "{title: D, project: Design System}",
    )
    .await
    .data();
    one.save().await;
    other.save().await;
    let both = machine.process();
    assert_eq!(call(&both, "create_issue", ISSUE).await.calls(), 1);
    let document = call(
        &both,
        "create_document",
        "{title: D, project: Design System}",
    )
    .await;
    document.data();
    assert_eq!(document.calls(), 1);
}

#[tokio::test]
async fn what_a_process_has_renamed_does_not_come_back_from_another() {
    let machine = Machine::used().await;
    let (one, other) = (machine.process(), machine.process());
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let rename = "{label: backend, team: ENG, name: server-side}";
    call(&one, "update_issue_label", rename).await.data();
    // The other process has the old name, and saves first.
    call(&other, "list_teams", "{}").await.data();
    other.save().await;
    one.save().await;
    let process = machine.process();
    let params = "{team: ENG, labels: [backend]}";
    let answer = call(&process, "ensure_labels_exist", params).await;
    assert_eq!(
        answer.data()["labels"][0]["created"],
        true,
        "{:#}",
        answer.0
    );
}

#[tokio::test]
async fn files_that_have_expired_are_removed() {
    let machine = Machine::used().await;
    let old = machine.folder().join("0".repeat(64) + ".names");
    let left = machine.folder().join("left.tmp");
    let others = machine.folder().join("notes.txt");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(48 * 60 * 60);
    for path in [&old, &left, &others] {
        let file = fs::File::create(path).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    let process = machine.process();
    call(&process, "list_teams", "{}").await.data();
    machine.wait(MINUTES);
    process.save().await;
    assert!(!old.exists() && !left.exists() && others.exists());
}
