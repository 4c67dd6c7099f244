//! `report.html`: one file, no script, nothing fetched; readable without its style, and ready for A4.

use crate::error::Result;
use crate::record::Record;
use crate::report::document::{
    Block, Body, Card, Cell, Document, Figure, Inline, Line, Manner, Row, Section, Table, Tone,
};
use crate::report::escape;
use crate::report::finite;
use crate::report::format::Format;
use crate::report::sections;
use std::fmt::Write;

/// The whole report as a page.
pub const FORMAT: Format = Format {
    id: "html",
    file: "report.html",
    what: "the whole report as one page, for the board; opens and prints anywhere",
    render,
};

const STYLE: &str = include_str!("style.css");

/// The page; well-formed as XML, so that tools can read it too.
fn render(record: &Record) -> Result<Vec<u8>> {
    finite::check(record)?;
    Ok(page(&sections::document(record)).into_bytes())
}

fn page(document: &Document) -> String {
    let mut out = Page {
        text: String::with_capacity(1 << 16),
        tables: 0,
    };
    let title = escape::xml(&document.title);
    out.push(format_args!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light\"/>\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    ));
    out.blocks(&document.blocks);
    out.push(format_args!("</main>\n</body>\n</html>\n"));
    out.text
}

struct Page {
    text: String,
    tables: usize,
}

impl Page {
    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into a String cannot fail.
        let _ = self.text.write_fmt(text);
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Section(section) => self.section(section),
            Block::Paragraph(manner, line) => {
                let class = match manner {
                    Manner::Answer => " class=\"answer\"",
                    Manner::Plain => "",
                    Manner::Aside => " class=\"quiet\"",
                };
                self.push(format_args!("<p{class}>{}</p>\n", inlines(line)));
            }
            Block::List(items) if items.is_empty() => {}
            Block::List(items) => {
                self.push(format_args!("<ul>\n"));
                for item in items {
                    self.push(format_args!("<li>{}</li>\n", inlines(item)));
                }
                self.push(format_args!("</ul>\n"));
            }
            Block::Facts(facts) => {
                self.push(format_args!("<dl>\n"));
                for (name, line) in facts {
                    self.push(format_args!(
                        "<div><dt>{}</dt><dd>{}</dd></div>\n",
                        escape::xml(name),
                        inlines(line)
                    ));
                }
                self.push(format_args!("</dl>\n"));
            }
            Block::Table(table) => self.table(table),
            Block::Figures(figures) => self.figures(figures),
            Block::Tiles(tiles) => {
                self.push(format_args!("<ul class=\"tiles\">\n"));
                for (tone, n, words) in tiles {
                    let tone = if *n == 0 && *tone != Tone::Met {
                        Tone::Aside
                    } else {
                        *tone
                    };
                    self.push(format_args!(
                        "<li class=\"{}\"><span class=\"sign\" aria-hidden=\"true\">{}</span> <strong>{n}</strong> {}</li>\n",
                        tone.class(),
                        tone.sign(),
                        escape::xml(words)
                    ));
                }
                self.push(format_args!("</ul>\n"));
            }
            Block::Cards(cards) => {
                self.push(format_args!("<ul class=\"cards\">\n"));
                cards.iter().for_each(|card| self.card(card));
                self.push(format_args!("</ul>\n"));
            }
            Block::Banner(tone, line) => {
                self.push(format_args!(
                    "<p class=\"banner {}\" role=\"note\"><span class=\"sign\" aria-hidden=\"true\">{}</span> {}</p>\n",
                    tone.class(),
                    tone.sign(),
                    inlines(line)
                ));
            }
            Block::Contents(ways) => {
                self.push(format_args!(
                    "<nav aria-label=\"Parts of this study\"><ul>\n"
                ));
                for (id, words) in ways {
                    self.push(format_args!(
                        "<li><a href=\"#{}\">{}</a></li>\n",
                        escape::xml(id),
                        escape::xml(words)
                    ));
                }
                self.push(format_args!("</ul></nav>\n"));
            }
        }
    }

    fn section(&mut self, section: &Section) {
        let id = escape::xml(&section.id);
        let level = section.level.clamp(2, 6);
        self.push(format_args!(
            "<section id=\"{id}\" class=\"level-{level}\" aria-labelledby=\"{id}-h\">\n"
        ));
        self.push(format_args!(
            "<h{level} id=\"{id}-h\">{}</h{level}>\n",
            inlines(&section.heading)
        ));
        self.blocks(&section.blocks);
        self.push(format_args!("</section>\n"));
    }

    fn card(&mut self, card: &Card) {
        self.push(format_args!(
            "<li class=\"{}\"><p class=\"card-head\">{} <strong>{}</strong></p><p>{}</p><p><strong>What to do:</strong> {}</p></li>\n",
            card.tone.class(),
            chip(card.tone, &card.label),
            escape::xml(&card.title),
            inlines(&card.because),
            inlines(&card.help)
        ));
    }

    fn figures(&mut self, figures: &[Figure]) {
        self.push(format_args!("<div class=\"figures\">\n"));
        for f in figures {
            let id = escape::xml(&f.id);
            let wide = if f.wide { " class=\"wide\"" } else { "" };
            let (title, reading) = (escape::xml(&f.title), escape::xml(&f.reading));
            let told = escape::xml(&f.told);
            let d = &f.drawing;
            self.push(format_args!(
                "<figure id=\"{id}\"{wide}>\n<p class=\"figure-title\">{title}</p>\n\
                 <svg viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
                 <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{reading} {told}</desc>{body}</svg>\n\
                 <figcaption>{reading}</figcaption>\n</figure>\n",
                w = d.width,
                h = d.height,
                body = d.body
            ));
        }
        self.push(format_args!("</div>\n"));
    }

    fn table(&mut self, table: &Table) {
        self.tables += 1;
        let id = format!("table-{}", self.tables);
        let wide = if table.columns.len() > 7 { " many" } else { "" };
        self.push(format_args!(
            "<div class=\"scroll\" role=\"region\" aria-labelledby=\"{id}\" tabindex=\"0\">\n<table class=\"plain{wide}\">\n<caption id=\"{id}\">{}</caption>\n<thead><tr>",
            escape::xml(&table.caption)
        ));
        for column in &table.columns {
            let class = if column.numeric {
                " class=\"number\""
            } else {
                ""
            };
            let share = match column.share {
                0 => String::new(),
                share => format!(" style=\"width: {share}%\""),
            };
            self.push(format_args!(
                "<th scope=\"col\"{class}{share}>{}</th>",
                escape::xml(&column.head)
            ));
        }
        self.push(format_args!("</tr></thead>\n"));
        for body in &table.bodies {
            self.body(table, body);
        }
        self.push(format_args!("</table>\n</div>\n"));
        if let Some(note) = &table.note {
            self.push(format_args!(
                "<p class=\"quiet\">{}</p>\n",
                escape::xml(note)
            ));
        }
    }

    fn body(&mut self, table: &Table, body: &Body) {
        self.push(format_args!("<tbody>\n"));
        if let Some(head) = &body.head {
            let span = table.columns.len();
            self.push(format_args!(
                "<tr class=\"head\"><th scope=\"rowgroup\" colspan=\"{span}\">{}</th></tr>\n",
                inlines(head)
            ));
        }
        for row in &body.rows {
            self.row(table, row);
        }
        self.push(format_args!("</tbody>\n"));
    }

    fn row(&mut self, table: &Table, row: &Row) {
        let strong = if row.strong { " class=\"strong\"" } else { "" };
        self.push(format_args!("<tr{strong}>"));
        let mut column = 0;
        for (place, cell) in row.cells.iter().enumerate() {
            let numeric = cell.span <= 1 && table.columns.get(column).is_some_and(|c| c.numeric);
            let class = if numeric { " class=\"number\"" } else { "" };
            let span = if cell.span > 1 {
                format!(" colspan=\"{}\"", cell.span)
            } else {
                String::new()
            };
            let inner = cell_text(cell);
            if place == 0 {
                self.push(format_args!("<th scope=\"row\"{span}>{inner}</th>"));
            } else {
                self.push(format_args!("<td{class}{span}>{inner}</td>"));
            }
            column += cell.span.max(1);
        }
        self.push(format_args!("</tr>\n"));
    }
}

fn cell_text(cell: &Cell) -> String {
    let mut text = inlines(&cell.main);
    for line in &cell.under {
        text.push_str("<br/>");
        text.push_str(&inlines(line));
    }
    text
}

fn inlines(line: &Line) -> String {
    line.iter().map(inline).collect()
}

fn inline(piece: &Inline) -> String {
    match piece {
        Inline::Text(text) => escape::xml(text),
        Inline::Strong(text) => format!("<strong>{}</strong>", escape::xml(text)),
        Inline::Small(text) => format!("<small>{}</small>", escape::xml(text)),
        Inline::Code(text) => format!("<code>{}</code>", escape::xml(text)),
        Inline::Chip(tone, words) => chip(*tone, words),
        Inline::Jump(id, words) => format!(
            "<a href=\"#{}\">{}</a>",
            escape::xml(id),
            escape::xml(words)
        ),
        Inline::Link(address, words) => match escape::link(address) {
            Some(safe) => {
                format!(
                    "<a href=\"{}\" rel=\"noreferrer noopener\">{}</a>",
                    escape::xml(safe),
                    escape::xml(words)
                )
            }
            None => format!(
                "{} <small>{}</small>",
                escape::xml(words),
                escape::xml(address)
            ),
        },
        Inline::Absent(what) => format!("<em class=\"absent\">{}</em>", escape::xml(what)),
    }
}

fn chip(tone: Tone, words: &str) -> String {
    format!(
        "<span class=\"chip {}\"><span aria-hidden=\"true\">{}</span> {}</span>",
        tone.class(),
        tone.sign(),
        escape::xml(words)
    )
}
