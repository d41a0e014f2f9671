//! Parameters that hold a single value: numbers, switches, dates, colours, texts and addresses.

use std::fmt;

use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected};
use serde_json::Value;

use super::decode::{HasForm, Lenient, List, Scalar, convert, parameter};
use super::{Form, Patch, plain_name};
use crate::text::{FINGERPRINT_DIGITS, sha256};

/// A count: a whole number from 0, also as `"50"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u32);

impl Lenient for Count {
    const EXPECTED: &'static str = "a whole number from 0";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        given.whole_number()?.try_into().ok().map(Self)
    }
}

parameter!(Count, Word, { "type": "integer" });

/// Estimate points: a whole number from 0. Linear decides which numbers a team uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate(pub u32);

impl Lenient for Estimate {
    const EXPECTED: &'static str = "whole estimate points from 0";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        given.whole_number()?.try_into().ok().map(Self)
    }
}

parameter!(Estimate, Word, { "type": "integer" });

/// A switch: true or false, also as `"true"`, `"yes"`, `"on"`, `"1"` or `1` and their opposites, in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

impl Lenient for Flag {
    const EXPECTED: &'static str = "true or false";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let value = match (
            given.whole_number(),
            given.text().trim().to_lowercase().as_str(),
        ) {
            (Some(1), _) | (None, "true" | "yes" | "on") => true,
            (Some(0), _) | (None, "false" | "no" | "off") => false,
            _ => return None,
        };
        Some(Self(value))
    }
}

/// Reads a value as a switch; returns `None` where it is not one.
pub(crate) fn parse_switch(value: &Value) -> Option<bool> {
    let scalar = match value {
        Value::Bool(on) => Scalar::Bool(*on),
        Value::Number(number) => Scalar::Number(number.clone()),
        Value::String(text) => Scalar::from_text(text),
        _ => return None,
    };
    Flag::from_scalar(&scalar).map(|Flag(on)| on)
}

parameter!(Flag, Word, { "type": "boolean" });

/// Positions in a list, counted from 0.
pub type Indices = List<usize>;

impl Lenient for usize {
    const EXPECTED: &'static str = "a position counted from 0";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        given.whole_number()?.try_into().ok()
    }
}

impl HasForm for usize {
    const FORM: Form = Form::Word;
}

/// An issue's priority: 0 none, 1 urgent, 2 high, 3 medium, 4 low (`linear/api.md` §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Priority(u8);

impl Priority {
    /// Linear's number for the priority, 0 to 4.
    pub fn number(self) -> u8 {
        self.0
    }

    /// What an update does to Linear's number: clearing the priority sets it to 0.
    pub fn patched(patch: Patch<Self>) -> Patch<u8> {
        match patch {
            Patch::Absent => Patch::Absent,
            Patch::Clear => Patch::Set(0),
            Patch::Set(priority) => Patch::Set(priority.0),
        }
    }
}

impl Lenient for Priority {
    const EXPECTED: &'static str = "0-4 or one of none, urgent, high, medium, normal, low";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        if let Some(number) = given.whole_number() {
            return u8::try_from(number).ok().filter(|n| *n <= 4).map(Self);
        }
        let number = match plain_name(&given.text()).as_str() {
            "none" | "nopriority" => 0,
            "urgent" => 1,
            "high" => 2,
            "medium" | "normal" => 3,
            "low" => 4,
            _ => return None,
        };
        Some(Self(number))
    }
}

parameter!(Priority, Word, { "type": "integer" });

/// The health of a project, as its last update has it, to filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectHealth {
    /// On track.
    OnTrack,
    /// At risk.
    AtRisk,
    /// Off track.
    OffTrack,
    /// None, because the project has no update.
    Unreported,
}

impl ProjectHealth {
    /// Linear's word for the health; `None` for a project without one.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::OnTrack => Some("onTrack"),
            Self::AtRisk => Some("atRisk"),
            Self::OffTrack => Some("offTrack"),
            Self::Unreported => None,
        }
    }
}

impl Lenient for ProjectHealth {
    const EXPECTED: &'static str = "onTrack, atRisk or offTrack; or none, for no update";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        match plain_name(&given.text()).as_str() {
            "ontrack" => Some(Self::OnTrack),
            "atrisk" => Some(Self::AtRisk),
            "offtrack" => Some(Self::OffTrack),
            "none" | "noupdate" => Some(Self::Unreported),
            _ => None,
        }
    }
}

parameter!(ProjectHealth, Word, { "type": "string" });

/// A calendar day that exists: `YYYY-MM-DD`, or an ISO timestamp. The day of a timestamp is taken as written, in its
/// own time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// The day.
    pub fn date(self) -> Date {
        self.0
    }
}

impl fmt::Display for Day {
    /// `YYYY-MM-DD`, which is Linear's `TimelessDate`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Lenient for Day {
    const EXPECTED: &'static str = "a date that exists, as YYYY-MM-DD";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        parse_iso(text.trim()).map(|pieces| Self(pieces.date()))
    }
}

parameter!(Day, Word, { "type": "string" });

/// A point in time to filter by, as the text that Linear's `DateTimeOrDuration` takes: a day (`2025-02-01`), a
/// timestamp in UTC (one without an offset is taken as UTC), or an ISO duration back from now (`-P7D` is a week ago).
/// A duration into the future is refused: nothing has changed after a future time, so the minus was forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment(String);

impl Moment {
    /// The point in time that a text means; `None` where it means none.
    pub fn new(text: &str) -> Option<Self> {
        Self::from_scalar(&Scalar::from_text(text))
    }

    /// The text to send to Linear.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The point in time as a day or a timestamp: a duration is counted from `now`.
    pub fn at(&self, now: Timestamp) -> Self {
        let moment = moment_after(now, &self.0);
        moment.map_or_else(
            || self.clone(),
            |moment| Self(moment.timestamp().to_string()),
        )
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Lenient for Moment {
    const EXPECTED: &'static str =
        "YYYY-MM-DD, an ISO timestamp, or an ISO duration such as -P7D (a week ago)";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let text = text.trim();
        match duration(text) {
            Some(span) => span.starts_with('-').then_some(Self(span)),
            None => instant(text).map(Self),
        }
    }

    fn refuse<E: Error>(given: &Scalar<'_>) -> E {
        match duration(given.text().trim()) {
            Some(duration) => E::custom(format!("it lies ahead; did you mean -{duration}?")),
            None => E::invalid_value(Unexpected::Str(&given.text()), &Self::EXPECTED),
        }
    }
}

parameter!(Moment, Word, { "type": "string" });

/// A day to filter due dates by, as the text that Linear's `TimelessDateOrDuration` takes: a day, or an ISO duration back
/// or ahead from now (`P7D` is a week ahead).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayOrDuration(String);

impl DayOrDuration {
    /// The day itself: a duration is counted from `now`, and ends on a day in UTC.
    pub fn at(&self, now: Timestamp) -> Self {
        let moment = moment_after(now, &self.0);
        moment.map_or_else(|| self.clone(), |moment| Self(moment.date().to_string()))
    }
}

impl fmt::Display for DayOrDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Lenient for DayOrDuration {
    const EXPECTED: &'static str =
        "YYYY-MM-DD, or an ISO duration such as P7D (a week ahead) or -P7D (a week ago)";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let day = || Day::from_scalar(given).map(|day| day.to_string());
        duration(text.trim()).or_else(day).map(Self)
    }
}

parameter!(DayOrDuration, Word, { "type": "string" });
/// A point in time ahead of now: a day, which means its beginning in UTC, a timestamp with its offset, or an ISO duration
/// from now, such as `P7D` or `PT4H`. Whether the point lies ahead shows only when the time is known, by
/// [`FutureMoment::resolve`].
#[derive(Clone, Debug)]
pub struct FutureMoment {
    /// The text that was given.
    given: String,
    point: FuturePoint,
}

/// What the text of a [`FutureMoment`] means.
#[derive(Clone, Copy, Debug)]
enum FuturePoint {
    At(Timestamp),
    In(Span),
}

impl FutureMoment {
    /// Returns the point in time as Linear's `DateTime` takes and shows it, in UTC with milliseconds. `now` is the
    /// present time in milliseconds since the epoch. Returns `None` for a point that does not lie ahead of `now`, or
    /// for a duration beyond the calendar.
    pub fn resolve(&self, now: i64) -> Option<String> {
        let now = Timestamp::from_millisecond(now).ok()?;
        let at = match self.point {
            FuturePoint::At(at) => at,
            // Days and months have their length from the calendar.
            FuturePoint::In(span) => {
                let now = now.to_zoned(TimeZone::UTC);
                now.checked_add(span).ok()?.timestamp()
            }
        };
        (at > now).then(|| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
    }
}

impl fmt::Display for FutureMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.given)
    }
}

impl Lenient for FutureMoment {
    const EXPECTED: &'static str = "YYYY-MM-DD, an ISO timestamp with its offset such as 2025-02-01T09:00:00Z, or an ISO duration such as P7D (in a week)";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let text = text.trim();
        let point = match duration(text) {
            Some(span) if span.starts_with('-') => return None,
            Some(span) => FuturePoint::In(span.parse().ok()?),
            None => {
                let pieces = parse_iso(text)?;
                // A time of day without an offset would be another moment in the caller's own time zone.
                if pieces.time().is_some() && pieces.to_numeric_offset().is_none() {
                    return None;
                }
                let zone = pieces
                    .to_numeric_offset()
                    .map_or(TimeZone::UTC, TimeZone::fixed);
                let time = pieces.time().unwrap_or_default();
                let at = zone.to_timestamp(pieces.date().to_datetime(time));
                FuturePoint::At(at.ok()?)
            }
        };
        Some(Self {
            given: text.to_owned(),
            point,
        })
    }

    fn refuse<E: Error>(given: &Scalar<'_>) -> E {
        let text = given.text();
        match duration(text.trim()) {
            Some(duration) => E::custom(format!(
                "it lies back; did you mean {}?",
                duration.trim_start_matches('-')
            )),
            None => E::invalid_value(Unexpected::Str(&text), &Self::EXPECTED),
        }
    }
}

parameter!(FutureMoment, Word, { "type": "string" });

/// A timestamp with a time of day that the caller has seen in an answer: when an entity was last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenTimestamp {
    at: Timestamp,
    /// Whether the timestamp has no fraction of a second, as answers show it. The timestamp then means the whole second.
    to_the_second: bool,
}

impl SeenTimestamp {
    /// Whether an entity whose last change is `changed`, as Linear writes it, was changed after this timestamp.
    /// Returns true for a time that cannot be parsed.
    pub fn is_before(self, changed: &str) -> bool {
        match changed.parse::<Timestamp>() {
            Ok(changed) if self.to_the_second => changed.as_second() > self.at.as_second(),
            Ok(changed) => changed > self.at,
            Err(_) => true,
        }
    }
}

impl Lenient for SeenTimestamp {
    const EXPECTED: &'static str =
        "a timestamp with its time of day such as 2025-01-16T14:30:05Z, as updated_at tells it";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let text = text.trim();
        let at = parse_iso(text).filter(|pieces| pieces.time().is_some());
        let at: Timestamp = at.and_then(|_| instant(text))?.parse().ok()?;
        Some(Self {
            at,
            to_the_second: !text.contains('.'),
        })
    }
}

parameter!(SeenTimestamp, Word, { "type": "string" });

/// What identifies a text that the caller has read: the first digits of its SHA-256, or all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Whether this is the fingerprint of the text.
    pub fn matches(&self, text: &str) -> bool {
        sha256(text).starts_with(&self.0)
    }
}

impl Lenient for Fingerprint {
    const EXPECTED: &'static str =
        "the text_sha256 of an answer: 16 hexadecimal digits, or all 64 of the text's SHA-256";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let digits = text.trim();
        let is_hash = (FINGERPRINT_DIGITS..=64).contains(&digits.len())
            && digits.chars().all(|c| c.is_ascii_hexdigit());
        is_hash.then(|| Self(digits.to_ascii_lowercase()))
    }
}

parameter!(Fingerprint, Word, { "type": "string" });

/// Parses an ISO date or timestamp with hyphens. The parser would also take `20250201`, which may be a plain number.
fn parse_iso(text: &str) -> Option<Pieces<'_>> {
    let dashed = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    if !dashed || !digits {
        return None;
    }
    Pieces::parse(text).ok()
}

/// A day as `YYYY-MM-DD`, or a timestamp in UTC; `None` where the text is neither.
fn instant(text: &str) -> Option<String> {
    let pieces = parse_iso(text)?;
    let Some(time) = pieces.time() else {
        return Some(pieces.date().to_string());
    };
    let zone = match pieces.to_numeric_offset() {
        Some(offset) => TimeZone::fixed(offset),
        None => TimeZone::UTC,
    };
    let instant: Timestamp = zone.to_timestamp(pieces.date().to_datetime(time)).ok()?;
    Some(instant.to_string())
}

/// An ISO duration in capitals and without a plus. The parser alone would also take `7 days ago`, which Linear does
/// not.
fn duration(text: &str) -> Option<String> {
    let text = text.strip_prefix('+').unwrap_or(text).to_ascii_uppercase();
    if !text.strip_prefix('-').unwrap_or(&text).starts_with('P') {
        return None;
    }
    text.parse::<Span>().ok().map(|_| text)
}

/// Returns the moment in UTC at which a duration from `now` ends; `None` for a text that is not a duration. Durations out
/// of the calendar's range end with it.
fn moment_after(now: Timestamp, text: &str) -> Option<Zoned> {
    let span: Span = duration(text)?.parse().ok()?;
    Some(now.to_zoned(TimeZone::UTC).saturating_add(span))
}

/// A colour: `#f2994a`, `#F90` or `f2994a`, kept as lower-case `#rrggbb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Color(String);

impl Color {
    /// `#rrggbb` in lower case, the form that Linear keeps.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Lenient for Color {
    const EXPECTED: &'static str = "a colour such as \"#f2994a\", in quotes";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let text = text.trim();
        let digits = text.strip_prefix('#').unwrap_or(text);
        if !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        let six_digits = match digits.len() {
            6 => digits.to_owned(),
            // Without the `#`, three letters could be a word.
            3 if text.starts_with('#') => digits.chars().flat_map(|c| [c, c]).collect(),
            _ => return None,
        };
        Some(Self(format!("#{}", six_digits.to_ascii_lowercase())))
    }
}

parameter!(Color, Color, { "type": "string" });

/// Text kept exactly as the caller wrote it; a number or bool is taken as the text by which it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub String);

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Lenient for Text {
    const EXPECTED: &'static str = "text";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        Some(Self(given.text().into_owned()))
    }
}

parameter!(Text, Line, { "type": "string" });

/// The longest title that an error repeats on one line, in characters.
const MAX_EXAMPLE_CHARS: usize = 200;

/// Text of one line, such as a title: trimmed, and never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, by value.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Lenient for Title {
    const EXPECTED: &'static str = "some text on one line";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let text = text.trim();
        (!text.is_empty() && !text.contains(['\n', '\r'])).then(|| Self(text.to_owned()))
    }

    fn refuse<E: Error>(given: &Scalar<'_>) -> E {
        let text = given.text();
        let words: Vec<&str> = text.split_whitespace().collect();
        let line = words.join(" ");
        let expected = match line.chars().count() {
            1..=MAX_EXAMPLE_CHARS => {
                format!("some text on one line, such as {}", Value::from(line))
            }
            _ => Self::EXPECTED.to_owned(),
        };
        E::invalid_value(Unexpected::Str(&text), &expected.as_str())
    }
}

parameter!(Title, Line, { "type": "string" });

/// Markdown of any number of lines, kept exactly as the caller wrote it, and never only white space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markdown(String);

impl Markdown {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, by value.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Lenient for Markdown {
    const EXPECTED: &'static str = "some text";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        (!text.trim().is_empty()).then(|| Self(text.into_owned()))
    }
}

parameter!(Markdown, Markdown, { "type": "string" });

/// Where a list continues: the cursor of an earlier answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

impl Lenient for Cursor {
    const EXPECTED: &'static str = "the cursor of an earlier answer";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }
}

parameter!(Cursor, Word, { "type": "string" });

/// A link: a URL as text, or `{url, title}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The absolute address, of any scheme.
    pub url: Url,
    /// The text to show for the link; without one, Linear shows the URL.
    pub title: Option<String>,
}

/// An absolute URL: `scheme://…` without white space. Whether it leads anywhere is not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The address as it was written, trimmed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Lenient for Url {
    const EXPECTED: &'static str = "an absolute URL such as https://example.com/page";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let url = text.trim();
        let (scheme, rest) = url.split_once("://")?;
        let well_formed = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
            && !rest.is_empty()
            && !rest.starts_with('/')
            && !rest.chars().any(|c| c.is_whitespace() || c.is_control());
        well_formed.then(|| Self(url.to_owned()))
    }
}

parameter!(Url, Word, { "type": "string" });

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkFields {
    url: Url,
    title: Option<Text>,
}

impl Lenient for Link {
    const EXPECTED: &'static str =
        "an absolute URL such as https://example.com/page, or {url, title}";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        Some(Self {
            url: Url::from_scalar(given)?,
            title: None,
        })
    }

    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let LinkFields { url, title } = LinkFields::deserialize(MapAccessDeserializer::new(map))?;
        let title = title.filter(|title| !title.as_str().trim().is_empty());
        let title = title.map(|title| convert::<Title, _>(&Scalar::from_text(title.as_str())));
        Ok(Self {
            url,
            title: title.transpose()?.map(Title::into_string),
        })
    }
}

parameter!(Link, Link, { "type": "object" });

/// Links to attach.
pub type Links = List<Link>;
