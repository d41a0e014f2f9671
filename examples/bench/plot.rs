//! The plot: what the job costs with this server and with others, as three panels of bars.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::{
    BLACK, Color as _, DrawingArea, IntoDrawingArea as _, IntoFont as _, RGBColor, Rectangle,
    SVGBackend, Text, WHITE,
};
use plotters::style::TextStyle;

use crate::Failure;
use crate::figures::Figures;
use crate::job::Done;
use crate::peers::{PEERS, Peer};
use crate::table::{count, ms};

const OURS: RGBColor = RGBColor(0x3b, 0x5b, 0xdb);
const THEIRS: RGBColor = RGBColor(0xad, 0xb5, 0xbd);

const WIDTH: i32 = 900;
/// Where bars begin: right of the longest name.
const NAMES: i32 = 260;
/// How long the longest bar is, which leaves room for its figure.
const LONGEST: i32 = 440;
const BAR: i32 = 18;
const STEP: i32 = 26;
const TITLE: i32 = 44;
const MARGIN: i32 = 14;

/// One panel: a title, and bars from the top.
struct Panel {
    title: String,
    bars: Vec<Bar>,
}

struct Bar {
    name: String,
    value: f64,
    /// The value in words.
    told: String,
    ours: bool,
}

/// Draws the plot into an SVG file.
pub fn draw(file: &Path, figures: &Figures) -> Result<(), Failure> {
    draw_panels(file, &panels(figures))
}

fn draw_panels(file: &Path, panels: &[Panel]) -> Result<(), Failure> {
    let height: i32 = panels.iter().map(Panel::height).sum::<i32>() + 2 * MARGIN;
    let size = (u32::try_from(WIDTH)?, u32::try_from(height)?);
    let area = SVGBackend::new(file, size).into_drawing_area();
    area.fill(&WHITE)?;
    let mut top = MARGIN;
    for panel in panels {
        panel.draw(&area, top)?;
        top += panel.height();
    }
    Ok(area.present()?)
}

fn panels(figures: &Figures) -> [Panel; 3] {
    let job = &figures.job;
    let created_by = |name: &str, done: &Done| {
        let told = created(done.ms, done.requests);
        Bar::ours(name, done.ms, told)
    };
    let of_tokens = |name: &str, tokens| Bar::ours(name, exact(tokens), count(tokens));
    let mut create = vec![
        created_by("once names are known", &job.create.warm),
        created_by("in a new session", &job.create.cold),
    ];
    let mut list = vec![
        of_tokens("format: table", job.list_table.answered),
        of_tokens("as lists come", job.list.answered),
    ];
    let process = &figures.process;
    let known = [
        of_tokens("--tools yaml", process.yaml_tools),
        of_tokens("all tools", process.all_tools),
    ];
    create.extend(theirs(|peer| {
        let took = peer.create.ms;
        (took, created(exact(took), peer.create.requests))
    }));
    list.extend(theirs(|peer| {
        let tokens = peer.list.tokens;
        (tokens, count(tokens))
    }));
    let listed = theirs(|peer| (peer.listed, count(peer.listed)));
    let latency = figures.rounds.latency.as_millis();
    [
        Panel {
            title: format!("Creating an issue by names, at {latency} ms a request: milliseconds"),
            bars: create,
        },
        Panel {
            title: "Listing 50 issues: tokens of the answer".to_owned(),
            bars: list,
        },
        Panel {
            title: "Knowing the tools: tokens of their list".to_owned(),
            bars: known.into_iter().chain(listed).collect(),
        },
    ]
}

fn created(took: f64, requests: usize) -> String {
    let plural = if requests == 1 { "" } else { "s" };
    format!("{} ms, {requests} request{plural}", ms(took))
}

fn theirs(tell: impl Fn(&Peer) -> (usize, String)) -> Vec<Bar> {
    let bar = |peer: &Peer| {
        let (value, told) = tell(peer);
        Bar {
            name: peer.name.to_owned(),
            value: exact(value),
            told,
            ours: false,
        }
    };
    PEERS.iter().map(bar).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn exact(count: usize) -> f64 {
    count as f64
}

/// The area that everything is drawn on.
type Area<'f> = DrawingArea<SVGBackend<'f>, Shift>;

impl Panel {
    fn height(&self) -> i32 {
        TITLE + STEP * i32::try_from(self.bars.len()).unwrap_or(i32::MAX / STEP)
    }

    fn draw(&self, area: &Area<'_>, top: i32) -> Result<(), Failure> {
        let title = text(20).color(&BLACK);
        area.draw(&Text::new(self.title.clone(), (MARGIN, top + 12), title))?;
        let greatest = self.bars.iter().map(|bar| bar.value).fold(1.0, f64::max);
        for (place, bar) in (0..).zip(&self.bars) {
            bar.draw(area, top + TITLE - 6 + STEP * place, greatest)?;
        }
        Ok(())
    }
}

impl Bar {
    fn ours(what: &str, value: f64, told: String) -> Self {
        Self {
            name: format!("linear-ops, {what}"),
            value,
            told,
            ours: true,
        }
    }

    fn draw(&self, area: &Area<'_>, top: i32, greatest: f64) -> Result<(), Failure> {
        let end = NAMES + length(self.value, greatest);
        let color = if self.ours { OURS } else { THEIRS };
        let bar = [(NAMES, top), (end, top + BAR)];
        area.draw(&Rectangle::new(bar, color.filled()))?;
        area.draw(&Text::new(self.name.clone(), (MARGIN, top + 3), text(16)))?;
        area.draw(&Text::new(self.told.clone(), (end + 8, top + 3), text(16)))?;
        Ok(())
    }
}

/// A bar's length in pixels, at least one.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a share of the longest bar is a small number"
)]
fn length(value: f64, greatest: f64) -> i32 {
    ((f64::from(LONGEST) * value / greatest).round() as i32).max(1)
}

fn text(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bar_has_its_name_and_its_figure() {
        let mut bars = vec![Bar::ours("at work", 102.0, created(102.0, 1))];
        bars.extend(theirs(|peer| (peer.listed, count(peer.listed))));
        let panel = Panel {
            title: "Figures".to_owned(),
            bars,
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plot.svg");
        draw_panels(&file, &[panel]).unwrap();
        let drawn = std::fs::read_to_string(&file).unwrap();
        let told = ["Figures", "linear-ops, at work", "102 ms, 1 request"];
        for text in told.into_iter().chain(PEERS.iter().map(|peer| peer.name)) {
            assert!(drawn.contains(text), "{text}");
        }
    }

    #[test]
    fn the_greatest_value_is_the_longest_bar_and_none_vanishes() {
        assert_eq!(length(20.0, 20.0), LONGEST);
        assert_eq!(length(5.0, 20.0), LONGEST / 4);
        assert_eq!(length(0.0, 20.0), 1);
    }
}
