//! Plots as SVG, made here. Each bar has its text as a title.

use maud::{Markup, PreEscaped, html};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 120.0;

/// A bar of nothing is still there to point at.
const LEAST: f64 = 2.0;

/// So that a strip shows a failure that changed nothing.
const LEAST_BAD: f64 = 8.0;

#[derive(Clone, Debug)]
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) value: f64,
    pub(super) shown: String,
    /// `good`, `bad`, `off`
    pub(super) class: &'static str,
    /// What the colour says, in words; empty where all bars have one colour.
    pub(super) outcome: String,
}

/// Bars from left to right, the highest as high as the plot.
pub(super) fn bars(title: &str, bars: &[Bar]) -> Markup {
    let highest = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let top = bars
        .iter()
        .find(|bar| bar.value >= highest && highest > 0.0);
    let step = WIDTH / bars.len().max(1) as f64;
    let width = (step * 0.8).min(28.0);
    let text = match (bars.first(), bars.last(), top) {
        (Some(first), Some(last), Some(top)) => format!(
            "{title}: {} – {}, max. {} ({})",
            first.label, last.label, top.shown, top.label
        ),
        _ => title.to_owned(),
    };
    html! {
        svg.plot viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(text) {
            line.axis x1="0" x2=(WIDTH) y1=(HEIGHT) y2=(HEIGHT) {}
            @for (place, bar) in bars.iter().enumerate() {
                @let height = if highest > 0.0 { (bar.value / highest * HEIGHT).max(LEAST) } else { LEAST };
                rect class=(bar.class) x=(rounded(place as f64 * step + (step - width) / 2.0)) y=(rounded(HEIGHT - height))
                     width=(rounded(width)) height=(rounded(height)) rx="1.5" {
                    // The element of SVG, which maud would take for the page's own.
                    (PreEscaped("<title>")) (bar.label) ": " (bar.shown)
                    @if !bar.outcome.is_empty() { ", " (bar.outcome) }
                    (PreEscaped("</title>"))
                }
            }
        }
        // Not in the picture: its text would shrink with it.
        @if let (Some(first), Some(last)) = (bars.first(), bars.last()) {
            div.scale aria-hidden="true" {
                span { (first.label) }
                @if let Some(top) = top { span { "max. " (top.shown) } }
                span { (last.label) }
            }
        }
    }
}

/// Bars without axis or text, for a cell of a table. What they show is in `text`.
pub(super) fn strip(text: &str, bars: &[Bar]) -> Markup {
    let highest = bars.iter().map(|bar| bar.value).fold(1.0, f64::max);
    html! {
        svg.strip viewBox=(format!("0 0 {} 20", bars.len() * 4)) role="img" aria-label=(text) {
            (PreEscaped("<title>")) (text) (PreEscaped("</title>"))
            @for (place, bar) in bars.iter().enumerate() {
                @let least = if bar.class == "bad" { LEAST_BAD } else { LEAST };
                @let height = least + bar.value / highest * (20.0 - least);
                rect class=(bar.class) x=(place * 4) y=(rounded(20.0 - height)) width="3" height=(rounded(height)) {}
            }
        }
    }
}

fn rounded(number: f64) -> String {
    format!("{number:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(value: f64) -> Bar {
        Bar {
            label: "1 May".to_owned(),
            value,
            shown: format!("{value}<b>"),
            class: "good",
            outcome: "done<b>".to_owned(),
        }
    }

    #[test]
    fn the_highest_bar_fills_the_plot_and_texts_are_escaped() {
        let svg = bars("Runs", &[bar(1.0), bar(4.0), bar(0.0)]).into_string();
        assert!(svg.contains(r#"height="120.0""#), "{svg}");
        assert!(svg.contains(r#"height="30.0""#), "{svg}");
        assert!(svg.contains(r#"height="2.0""#), "{svg}");
        assert!(!svg.contains("<b>"), "{svg}");
        let outcomes = svg.matches(", done").count();
        assert_eq!(outcomes, 3, "in each bar's title alone: {svg}");
        assert!(!svg.contains("style="), "{svg}");
    }

    #[test]
    fn a_strip_shows_a_failure_that_changed_nothing() {
        let bad = Bar {
            class: "bad",
            ..bar(0.0)
        };
        let svg = strip("Runs", &[bar(3.0), bar(0.0), bad]).into_string();
        for height in ["20.0", "2.0", "8.0"] {
            assert!(svg.contains(&format!("height=\"{height}\"")), "{svg}");
        }
    }

    #[test]
    fn no_bars_and_only_zeros_make_a_plot_too() {
        assert!(
            bars("Runs", &[])
                .into_string()
                .contains("aria-label=\"Runs\"")
        );
        assert!(!bars("Runs", &[bar(0.0)]).into_string().contains("NaN"));
    }
}
