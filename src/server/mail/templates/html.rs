//! Lays a letter out as HTML that mail programs understand: one column, inline styles, no image, nothing loaded.

use super::{Block, Letter};
use crate::server::mail::render::{Look, Support};

/// Dark colours, for programs that ask for them; the light ones are inline, for those that drop this.
const STYLE: &str = "\
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background-color: #14181c !important; color: #e6e9ec !important; }
  .card { background-color: #1d2329 !important; border-color: #333c45 !important; }
  .code { background-color: #12161a !important; border-color: #3d4853 !important; color: #f3f5f7 !important; }
  .quiet { color: #a9b3bd !important; }
  .second { border-color: #7d8a97 !important; color: #e6e9ec !important; }
  .foot { border-color: #333c45 !important; }
}
@media (max-width: 480px) {
  .edge { padding: 12px 8px !important; }
  .card { padding: 24px 18px !important; }
  .main, .second { display: block !important; }
}
";
const SANS: &str = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace";

/// The whole HTML part.
pub fn write(letter: &Letter, look: &Look) -> String {
    let site = escape(&look.site);
    let heading = escape(&letter.heading);
    let blocks: String = letter.blocks.iter().map(|part| block(part, look)).collect();
    let foot = foot(look);
    format!(
        r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<title>{heading}</title>
<style>
{STYLE}</style>
</head>
<body class="page" style="margin:0;padding:0;background-color:#f2f4f6;color:#1b2126;">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0"
 style="background-color:#f2f4f6;color:#1b2126;">
<tr><td class="edge" align="center" style="padding:32px 16px;">
<div class="card" lang="en" dir="ltr" style="box-sizing:border-box;max-width:560px;padding:32px 36px;
 text-align:left;background-color:#ffffff;border:1px solid #dde2e7;border-radius:10px;
 font-family:{SANS};font-size:16px;line-height:1.55;">
<p style="margin:0 0 20px;font-size:15px;font-weight:600;overflow-wrap:anywhere;">{site}</p>
<h1 style="margin:0 0 16px;font-size:24px;line-height:1.25;font-weight:700;">{heading}</h1>
{blocks}{foot}</div>
</td></tr>
</table>
</body>
</html>
"##
    )
}

fn block(block: &Block, look: &Look) -> String {
    match block {
        Block::Words(words) => paragraph(&escape(words)),
        Block::Led { lead, words } => paragraph(&format!(
            "<strong>{}</strong>\n{}",
            escape(lead),
            escape(words)
        )),
        Block::Button { label, url, main } => button(&escape(label), &escape(url), *main, look),
        Block::Code { place, code } => format!(
            "<p class=\"quiet\" style=\"margin:0 0 8px;font-size:14px;color:#4d5a66;\">\n\
             If the button does not work, go to\n{}\nand paste this code:</p>\n\
             <p class=\"code\" style=\"margin:0 0 20px;padding:12px 14px;background-color:#f2f4f6;\n \
             border:1px solid #cfd6dd;border-radius:6px;color:#1b2126;font-family:{MONO};\n \
             font-size:15px;line-height:1.5;word-break:break-all;-webkit-user-select:all;user-select:all;\">\
             {}</p>\n",
            link(place, place),
            escape(code)
        ),
        Block::Fact { name, value } => format!(
            "<p class=\"quiet\" style=\"margin:0 0 16px;font-size:14px;color:#4d5a66;\">{}:\n\
             <span style=\"font-family:{MONO};white-space:nowrap;\">{}</span></p>\n",
            escape(name),
            escape(value)
        ),
    }
}

fn paragraph(inner: &str) -> String {
    format!(
        "<p style=\"margin:0 0 16px;overflow-wrap:anywhere;\">{}</p>\n",
        folded(inner)
    )
}

fn button(label: &str, url: &str, main: bool, look: &Look) -> String {
    let (class, colors) = if main {
        let (back, front) = (&look.color, text_on(&look.color));
        (
            "main",
            format!("background-color:{back};border:2px solid {back};color:{front};"),
        )
    } else {
        (
            "second",
            "border:2px solid #5b6874;color:#1b2126;".to_owned(),
        )
    };
    format!(
        "<p style=\"margin:0 0 20px;\"><a class=\"{class}\" href=\"{url}\"\n \
         style=\"display:inline-block;padding:13px 24px;border-radius:8px;font-weight:600;\n \
         text-align:center;text-decoration:none;{colors}\">{label}</a></p>\n"
    )
}

fn foot(look: &Look) -> String {
    let help = match &look.support {
        Support::Address(address) => link(&format!("mailto:{address}"), address),
        Support::Url(url) => link(url, url),
    };
    let home = link(&look.public_url, &look.public_url);
    format!(
        "<p class=\"foot quiet\" style=\"margin:24px 0 0;padding-top:16px;border-top:1px solid #dde2e7;\n \
         font-size:14px;color:#4d5a66;overflow-wrap:anywhere;\">Help:\n{help}<br>\n{},\n{home}</p>\n",
        escape(&look.site)
    )
}

/// A link in running text: it takes the colour around it, which is readable on light and dark.
fn link(url: &str, words: &str) -> String {
    let (url, words) = (escape(url), escape(words));
    format!("<a href=\"{url}\" style=\"color:inherit;overflow-wrap:anywhere;\">{words}</a>")
}

/// Text for an element or a quoted attribute.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Breaks the source at spaces, far below the 998 octets that RFC 5322 2.1.1 allows for a line.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for word in text.split(' ') {
        if column > 0 {
            out.push(if column > 80 { '\n' } else { ' ' });
            column = if column > 80 { 0 } else { column };
        }
        out.push_str(word);
        column += word.len() + 1;
    }
    out
}

/// Black or white, whichever reads better on `#rrggbb` (WCAG 2.2, relative luminance).
fn text_on(color: &str) -> &'static str {
    let part = |from: usize| {
        let hex = color.get(from..from + 2).unwrap_or("00");
        let value = f64::from(u8::from_str_radix(hex, 16).unwrap_or(0)) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    let mut luminance = 0.0;
    for (weight, from) in [(0.2126, 1), (0.7152, 3), (0.0722, 5)] {
        luminance += weight * part(from);
    }
    if luminance > 0.179 {
        "#000000"
    } else {
        "#ffffff"
    }
}
