//! `report.md`: the summary, for a merge request or a message.

use crate::error::Result;
use crate::record::Record;
use crate::report::document::{Block, Cell, Document, Inline, Line, Manner, Section, Table};
use crate::report::escape;
use crate::report::finite;
use crate::report::format::Format;
use crate::report::sections;

/// The summary as Markdown.
pub const FORMAT: Format = Format {
    id: "markdown",
    file: "report.md",
    what: "a summary: overview, answer, conditions, main numbers, groups",
    render,
};

fn render(record: &Record) -> Result<Vec<u8>> {
    finite::check(record)?;
    Ok(page(&sections::document(record)).into_bytes())
}

fn page(document: &Document) -> String {
    let mut out = format!("# {}\n\n", escape::markdown(&document.title));
    blocks(&mut out, &document.blocks);
    let end = out.trim_end().len();
    out.truncate(end);
    out.push_str(
        "\n\nPictures, gaps, cards and the meaning of the words stand in `report.html`.\n",
    );
    out
}

fn blocks(out: &mut String, all: &[Block]) {
    for block in all {
        match block {
            Block::Section(section) => part(out, section),
            Block::Paragraph(Manner::Answer | Manner::Plain | Manner::Aside, line) => {
                paragraph(out, &inlines(line))
            }
            Block::List(items) => list(out, items.iter().map(inlines)),
            Block::Facts(facts) => {
                list(
                    out,
                    facts.iter().map(|(name, line)| {
                        format!("**{}**: {}", escape::markdown(name), inlines(line))
                    }),
                );
            }
            Block::Table(table) => rows(out, table),
            Block::Tiles(tiles) => list(
                out,
                tiles.iter().map(|(tone, n, words)| {
                    format!("{} {n} {}", tone.sign(), escape::markdown(words))
                }),
            ),
            Block::Cards(cards) => list(
                out,
                cards.iter().map(|c| {
                    let [label, title] = [&c.label, &c.title].map(|t| escape::markdown(t));
                    let [because, help] = [&c.because, &c.help].map(inlines);
                    format!(
                        "{} *{label}*: **{title}**. {because} *What to do:* {help}",
                        c.tone.sign()
                    )
                }),
            ),
            Block::Banner(tone, line) => {
                paragraph(out, &format!("> {} {}", tone.sign(), inlines(line)))
            }
            Block::Figures(_) | Block::Contents(_) => {}
        }
    }
}

fn part(out: &mut String, section: &Section) {
    if section.brief {
        paragraph(
            out,
            &format!(
                "{} {}",
                "#".repeat(usize::from(section.level)),
                inlines(&section.heading)
            ),
        );
        blocks(out, &section.blocks);
    }
}

fn paragraph(out: &mut String, text: &str) {
    if !text.trim().is_empty() {
        out.push_str(text.trim_end());
        out.push_str("\n\n");
    }
}

fn list(out: &mut String, items: impl Iterator<Item = String>) {
    let before = out.len();
    for item in items {
        out.push_str(&format!("- {item}\n"));
    }
    if out.len() > before {
        out.push('\n');
    }
}

fn rows(out: &mut String, table: &Table) {
    paragraph(out, &format!("**{}**", escape::markdown(&table.caption)));
    let heads: Vec<String> = table
        .columns
        .iter()
        .map(|c| escape::markdown(&c.head))
        .collect();
    let lines: Vec<&str> = table
        .columns
        .iter()
        .map(|c| if c.numeric { "--:" } else { ":--" })
        .collect();
    out.push_str(&format!(
        "| {} |\n| {} |\n",
        heads.join(" | "),
        lines.join(" | ")
    ));
    for body in &table.bodies {
        if let Some(head) = &body.head {
            let rest = "|  ".repeat(table.columns.len().saturating_sub(1));
            out.push_str(&format!("| **{}** {rest}|\n", inlines(head)));
        }
        for row in &body.rows {
            let cells: Vec<String> = row
                .cells
                .iter()
                .map(|c| cell(c) + &" | ".repeat(c.span.saturating_sub(1)))
                .collect();
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
    }
    out.push('\n');
    if let Some(note) = &table.note {
        paragraph(out, &escape::markdown(note));
    }
}

fn cell(cell: &Cell) -> String {
    let under = cell
        .under
        .iter()
        .map(|line| format!("<br>{}", inlines(line)));
    std::iter::once(inlines(&cell.main)).chain(under).collect()
}

fn inlines(line: &Line) -> String {
    line.iter().map(inline).collect()
}

fn inline(piece: &Inline) -> String {
    match piece {
        Inline::Text(t) | Inline::Small(t) => escape::markdown(t),
        Inline::Strong(t) => emphasised("**", t),
        Inline::Absent(t) => emphasised("*", t),
        Inline::Code(t) => format!("<code>{}</code>", escape::markdown(t)),
        Inline::Chip(tone, words) => format!("{} {}", tone.sign(), escape::markdown(words)),
        Inline::Jump(_, words) => escape::markdown(words),
        Inline::Link(address, words) => match escape::link(address) {
            Some(safe) => format!("[{}](<{}>)", escape::markdown(words), safe),
            None => escape::markdown(words),
        },
    }
}

/// Marks may not touch spaces, so those stay outside.
fn emphasised(mark: &str, text: &str) -> String {
    let words = text.trim();
    if words.is_empty() {
        return escape::markdown(text);
    }
    let before = &text[..text.len() - text.trim_start().len()];
    let after = &text[text.trim_end().len()..];
    format!("{before}{mark}{}{mark}{after}", escape::markdown(words))
}
