//! The plot: the cost of the job with this server and with other servers, as three panels of bars.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::{
    BLACK, Color as _, DrawingArea, IntoDrawingArea as _, IntoFont as _, RGBColor, Rectangle,
    SVGBackend, Text, WHITE,
};
use plotters::style::TextStyle;

use crate::Failure;
use crate::figures::Figures;
use crate::job::StepCost;
use crate::peers::{PEERS, Peer};
use crate::table::{count, ms};

const OURS: RGBColor = RGBColor(0x3b, 0x5b, 0xdb);
const THEIRS: RGBColor = RGBColor(0xad, 0xb5, 0xbd);

const WIDTH: i32 = 900;
/// The left end of the bars, to the right of the longest name.
const BAR_LEFT: i32 = 260;
/// The length of the longest bar, which leaves space for its label.
const LONGEST: i32 = 440;
const BAR: i32 = 18;
const STEP: i32 = 26;
const TITLE: i32 = 44;
const MARGIN: i32 = 14;

/// A panel of the plot: a title, and the bars below.
struct Panel {
    title: String,
    bars: Vec<Bar>,
}

struct Bar {
    name: String,
    value: f64,
    /// The text behind the bar: the value with its unit.
    label: String,
    is_ours: bool,
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
    let create_bar = |name: &str, cost: &StepCost| {
        Bar::ours(name, cost.ms, create_label(cost.ms, cost.requests))
    };
    let token_bar = |name: &str, tokens| Bar::ours(name, as_float(tokens), count(tokens));
    let mut create = vec![
        create_bar("once names are known", &job.create.warm),
        create_bar("in a new session", &job.create.cold),
    ];
    let mut list = vec![
        token_bar("format: table", job.list_table.answer_tokens),
        token_bar("as lists come", job.list.answer_tokens),
    ];
    let process = &figures.process;
    let tools = [
        token_bar("--tools yaml", process.yaml_tools),
        token_bar("all tools", process.all_tools),
    ];
    create.extend(peer_bars(|peer| {
        let took = peer.create.ms;
        (took, create_label(as_float(took), peer.create.requests))
    }));
    list.extend(peer_bars(|peer| {
        let tokens = peer.list.tokens;
        (tokens, count(tokens))
    }));
    let peer_tools = peer_bars(|peer| (peer.tool_tokens, count(peer.tool_tokens)));
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
            bars: tools.into_iter().chain(peer_tools).collect(),
        },
    ]
}

/// Returns the label of a bar for creating an issue.
fn create_label(took: f64, requests: usize) -> String {
    let plural = if requests == 1 { "" } else { "s" };
    format!("{} ms, {requests} request{plural}", ms(took))
}

/// Returns a bar for each of the other servers; `figure` returns the value and the label.
fn peer_bars(figure: impl Fn(&Peer) -> (usize, String)) -> Vec<Bar> {
    let bar = |peer: &Peer| {
        let (value, label) = figure(peer);
        Bar {
            name: peer.name.to_owned(),
            value: as_float(value),
            label,
            is_ours: false,
        }
    };
    PEERS.iter().map(bar).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn as_float(count: usize) -> f64 {
    count as f64
}

/// The area of the whole plot.
type Area<'f> = DrawingArea<SVGBackend<'f>, Shift>;

impl Panel {
    fn height(&self) -> i32 {
        TITLE + STEP * i32::try_from(self.bars.len()).unwrap_or(i32::MAX / STEP)
    }

    fn draw(&self, area: &Area<'_>, top: i32) -> Result<(), Failure> {
        let title = text(20).color(&BLACK);
        area.draw(&Text::new(self.title.clone(), (MARGIN, top + 12), title))?;
        let greatest = self.bars.iter().map(|bar| bar.value).fold(1.0, f64::max);
        for (index, bar) in (0..).zip(&self.bars) {
            bar.draw(area, top + TITLE - 6 + STEP * index, greatest)?;
        }
        Ok(())
    }
}

impl Bar {
    fn ours(what: &str, value: f64, label: String) -> Self {
        Self {
            name: format!("linear-ops, {what}"),
            value,
            label,
            is_ours: true,
        }
    }

    fn draw(&self, area: &Area<'_>, top: i32, greatest: f64) -> Result<(), Failure> {
        let end = BAR_LEFT + length(self.value, greatest);
        let color = if self.is_ours { OURS } else { THEIRS };
        let bar = [(BAR_LEFT, top), (end, top + BAR)];
        area.draw(&Rectangle::new(bar, color.filled()))?;
        area.draw(&Text::new(self.name.clone(), (MARGIN, top + 3), text(16)))?;
        area.draw(&Text::new(self.label.clone(), (end + 8, top + 3), text(16)))?;
        Ok(())
    }
}

/// Returns the length of a bar in pixels, at least one.
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
    fn every_bar_has_its_name_and_its_label() {
        let mut bars = vec![Bar::ours("at work", 102.0, create_label(102.0, 1))];
        bars.extend(peer_bars(|peer| {
            (peer.tool_tokens, count(peer.tool_tokens))
        }));
        let panel = Panel {
            title: "Figures".to_owned(),
            bars,
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plot.svg");
        draw_panels(&file, &[panel]).unwrap();
        let drawn = std::fs::read_to_string(&file).unwrap();
        let texts = ["Figures", "linear-ops, at work", "102 ms, 1 request"];
        for text in texts.into_iter().chain(PEERS.iter().map(|peer| peer.name)) {
            assert!(drawn.contains(text), "{text}");
        }
    }

    #[test]
    fn the_greatest_value_has_the_longest_bar_and_no_bar_is_empty() {
        assert_eq!(length(20.0, 20.0), LONGEST);
        assert_eq!(length(5.0, 20.0), LONGEST / 4);
        assert_eq!(length(0.0, 20.0), 1);
    }
}
