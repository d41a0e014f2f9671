//! The figures as text, for the terminal and for the page of the benchmark alike.

use std::thread;

use crate::each::{Cost, Row};
use crate::figures::Figures;
use crate::job::{Done, Step};
use crate::large::FACTOR;
use crate::many::CREATES;
use crate::peers::{MEASURED, PEERS};
use crate::process::Process;
use crate::table::{Table, count, ms};
use crate::targets::{self, resident};

const START: &str = "<!-- bench:start -->\n";
const END: &str = "<!-- bench:end -->";

/// The page with the report between its markers; none where it has no markers.
pub fn placed(page: &str, report: &str) -> Option<String> {
    let (before, rest) = page.split_once(START)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{START}{report}{END}{after}"))
}

/// The whole report.
pub fn text(figures: &Figures) -> String {
    let far = figures.rounds.latency.as_millis();
    format!(
        "{}{}\n{}
Beside other servers at the same job, {far} ms a request. Theirs were measured in {MEASURED} on a stand-in of their
own with 100 ms a request and other issues, so milliseconds and the tokens of lists compare roughly.

{}
![What creating an issue by names, listing fifty and knowing the tools cost](../bench.svg)

The job step by step, {far} ms a request, in a new session / once more in the same one:

{}
{CREATES} creates at once, in a session that knows the names:

{}
In a workspace {FACTOR} times as large (teams, labels, users, projects, issues), in a new session / once more:

{}
<details>
<summary>Each operation with its example</summary>

{}
{}
</details>

",
        conditions(),
        aims(figures),
        main_job(figures),
        servers(figures),
        steps(figures),
        many(figures),
        large(figures),
        legend(figures),
        each(figures),
    )
}

/// What the figures were measured on.
fn conditions() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let optimised = if cfg!(debug_assertions) {
        "debug build, whose times mean nothing"
    } else {
        "release build"
    };
    format!(
        "Measured on {cores} cores ({}, {}), {optimised}.\n\n",
        std::env::consts::OS,
        std::env::consts::ARCH.replace('_', "-")
    )
}

fn aims(figures: &Figures) -> String {
    let mut table = Table::new(&["aim", " at most", " measured", "met"]);
    for target in targets::all(figures) {
        let met = match target.met {
            Some(true) => "yes",
            Some(false) => "no",
            None => "–",
        };
        table.row([&target.what, &target.aim, &target.measured, met]);
    }
    table.text()
}

/// What stands behind the first aim.
fn main_job(figures: &Figures) -> String {
    let create = &figures.create;
    format!(
        "A warm create takes {} ms (p95 {}) where requests take no time on their way; what is not its bare request is {} ms
(p95 {}), over {} creates. *Own* time, here and below, is what an operation takes over its bare requests: the bodies it
sent, sent again right afterwards by an HTTP client of the same kind to an equal stand-in.\n",
        ms(create.whole.p50),
        ms(create.whole.p95),
        ms(create.own.p50),
        ms(create.own.p95),
        figures.rounds.creates,
    )
}

fn servers(figures: &Figures) -> String {
    let mut table = Table::new(&[
        "server",
        " tokens of its tools",
        " start to tools",
        " memory",
        " create: calls → requests, ms",
        " list 50: requests, tokens",
        " search 20: requests, tokens",
    ]);
    let (process, job) = (&figures.process, &figures.job);
    table.row(ours(
        "**linear-ops**, new session",
        process,
        process.all_tools,
        &job.create.cold,
        [&job.list, &job.search],
    ));
    table.row(ours(
        "**linear-ops**, names known, `--tools yaml`, `format: table`",
        process,
        process.yaml_tools,
        &job.create.warm,
        [&job.list_table, &job.search_table],
    ));
    for peer in &PEERS {
        let create = &peer.create;
        table.row([
            peer.name,
            &count(peer.listed),
            peer.start,
            peer.memory,
            &created(create.calls, create.requests, count(create.ms)),
            &found(peer.list.requests, peer.list.tokens),
            &found(peer.search.requests, peer.search.tokens),
        ]);
    }
    table.text()
}

/// This server's line among the others.
fn ours(
    name: &str,
    process: &Process,
    tools: usize,
    create: &Done,
    lists: [&Step; 2],
) -> [String; 7] {
    let [early, _] = process.memory;
    let [list, search] = lists.map(|step| found(step.warm.requests, step.answered));
    [
        name.to_owned(),
        count(tools),
        format!("{} ms", ms(process.listed.p50)),
        resident(early.resident),
        created(1, create.requests, ms(create.ms)),
        list,
        search,
    ]
}

fn created(calls: usize, requests: usize, ms: String) -> String {
    format!("{calls} → {requests}, {ms}")
}

fn found(requests: usize, tokens: usize) -> String {
    format!("{requests}, {}", count(tokens))
}

fn steps(figures: &Figures) -> String {
    let mut table = Table::new(&["step", " requests", " ms", " tokens in", " tokens out"]);
    for (name, step) in figures.job.steps() {
        table.row([
            name,
            &both(step.cold.requests, step.warm.requests),
            &both(ms(step.cold.ms), ms(step.warm.ms)),
            &count(step.asked),
            &count(step.answered),
        ]);
    }
    table.text()
}

fn many(figures: &Figures) -> String {
    let mut table = Table::new(&[
        "asked for",
        " ms a request",
        " requests",
        " ms in all",
        " creates a second",
    ]);
    for many in figures.many.iter().flatten() {
        table.row([
            many.way.to_owned(),
            many.latency.as_millis().to_string(),
            many.requests.to_string(),
            ms(many.ms),
            ms(many.rate()),
        ]);
    }
    table.text()
}

fn large(figures: &Figures) -> String {
    let mut table = Table::new(&[
        "asked",
        " requests",
        " requests, large",
        " bytes from Linear",
        " bytes, large",
        " own ms",
        " own ms, large",
    ]);
    for row in &figures.large {
        let requests = |[cold, warm]: [usize; 2]| both(cold, warm);
        let own = |[cold, warm]: [f64; 2]| both(ms(cold), ms(warm));
        table.row([
            row.name,
            &requests(row.standard.requests),
            &requests(row.large.requests),
            &count(row.standard.received),
            &count(row.large.received),
            &own(row.standard.own),
            &own(row.large.own),
        ]);
    }
    table.text()
}

/// What the columns of [`each`] mean.
fn legend(figures: &Figures) -> String {
    let rounds = &figures.rounds;
    format!(
        "Two figures are those of a new session / of the same request once more; \\* then it is refused, because it is there
already. Medians of {} rounds where requests take no time on their way, of {} where they take {} ms.\n",
        rounds.near,
        rounds.far,
        rounds.latency.as_millis(),
    )
}

fn each(figures: &Figures) -> String {
    let far = format!(" ms, {} a request", figures.rounds.latency.as_millis());
    let mut table = Table::new(&[
        "operation",
        " requests",
        " ms p50",
        " ms p95",
        " own ms",
        &far,
        " bytes out",
        " bytes in",
        " tokens in",
        " tokens out",
    ]);
    for row in &figures.each {
        table.row(line(row));
    }
    table.text()
}

fn line(row: &Row) -> [String; 10] {
    let times =
        |match_name: fn(&Cost) -> f64| both(ms(match_name(&row.cold)), ms(match_name(&row.warm)));
    let sizes = |match_name: fn(&Cost) -> usize| {
        both(count(match_name(&row.cold)), count(match_name(&row.warm)))
    };
    [
        format!("`{}`{}", row.name, if row.refused { " \\*" } else { "" }),
        sizes(|cost| cost.requests),
        times(|cost| cost.near.p50),
        times(|cost| cost.near.p95),
        times(|cost| cost.own.p50),
        times(|cost| cost.far.p50),
        sizes(|cost| cost.sent),
        sizes(|cost| cost.received),
        count(row.asked),
        sizes(|cost| cost.answered),
    ]
}

/// A cold and a warm figure.
fn both(cold: impl std::fmt::Display, warm: impl std::fmt::Display) -> String {
    format!("{cold} / {warm}")
}

#[cfg(test)]
mod tests {
    use super::placed;

    #[test]
    fn the_report_takes_the_place_of_the_one_before() {
        let readme = "a\n<!-- bench:start -->\nold\n<!-- bench:end -->\nb\n";
        let once = placed(readme, "new\n");
        let expected = "a\n<!-- bench:start -->\nnew\n<!-- bench:end -->\nb\n";
        assert_eq!(once.as_deref(), Some(expected));
        assert_eq!(placed(expected, "new\n"), once);
        assert_eq!(placed("a\n<!-- bench:start -->\nold\n", "new\n"), None);
    }
}
