//! The report as blocks, before anyone decides what they look like.

/// A whole report.
#[derive(Debug, Clone)]
pub struct Document {
    /// Title of the page.
    pub title: String,
    /// What stands under it, in order.
    pub blocks: Vec<Block>,
}

/// A colour and a sign, always with a word beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As asked.
    Met,
    /// Not as asked.
    NotMet,
    /// Cannot be told.
    Unknown,
    /// Not as asked, and excused.
    Excused,
    /// Does not concern this study.
    Aside,
    /// Nobody in the data is real.
    Synthetic,
}

impl Tone {
    /// The sign that goes with it, so that nothing is told by colour alone.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Met => "✓",
            Self::NotMet => "✗",
            Self::Unknown => "?",
            Self::Excused => "○",
            Self::Aside => "–",
            Self::Synthetic => "▲",
        }
    }

    /// Its name in a style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not-met",
            Self::Unknown => "unknown",
            Self::Excused => "excused",
            Self::Aside => "aside",
            Self::Synthetic => "synthetic",
        }
    }
}

/// A piece of a line. Texts are raw; whoever renders them escapes them.
#[derive(Debug, Clone)]
pub enum Inline {
    /// Plain words.
    Text(String),
    /// Words that count.
    Strong(String),
    /// Words aside.
    Small(String),
    /// A name from a file or a digest.
    Code(String),
    /// A verdict or a mark: sign and words.
    Chip(Tone, String),
    /// A place on this page: id and words.
    Jump(String, String),
    /// An address elsewhere and words; an address that is not a web address is shown as words.
    Link(String, String),
    /// Something that should be there and is not.
    Absent(String),
}

/// A line of pieces.
pub type Line = Vec<Inline>;

/// Plain words as a line.
pub fn line(text: impl Into<String>) -> Line {
    vec![text_of(text)]
}

/// Plain words.
pub fn text_of(text: impl Into<String>) -> Inline {
    Inline::Text(text.into())
}

/// Words that count.
pub fn strong(text: impl Into<String>) -> Inline {
    Inline::Strong(text.into())
}

/// Words aside.
pub fn small(text: impl Into<String>) -> Inline {
    Inline::Small(text.into())
}

/// Words of a message, where what stands in back-ticks is a name from a file.
pub fn ticked(text: &str) -> Line {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return line(text);
    }
    let piece = |(i, part): (usize, &&str)| match i % 2 {
        0 => text_of(*part),
        _ => Inline::Code((*part).to_owned()),
    };
    parts
        .iter()
        .enumerate()
        .filter(|(_, part)| !part.is_empty())
        .map(piece)
        .collect()
}

/// One block of the report.
#[derive(Debug, Clone)]
pub enum Block {
    /// Blocks that belong together under one heading.
    Section(Section),
    /// Words.
    Paragraph(Manner, Line),
    /// Points of a list.
    List(Vec<Line>),
    /// Names and what they are.
    Facts(Vec<(String, Line)>),
    /// A table.
    Table(Table),
    /// Pictures side by side.
    Figures(Vec<Figure>),
    /// Counts with their verdicts.
    Tiles(Vec<(Tone, usize, String)>),
    /// Conditions with what to do.
    Cards(Vec<Card>),
    /// Something nobody may overlook.
    Banner(Tone, Line),
    /// Ways to places on this page.
    Contents(Vec<(String, String)>),
}

/// How a paragraph is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// The answer itself.
    Answer,
    /// As usual.
    Plain,
    /// How to read what stands beside it.
    Aside,
}

/// Blocks under a heading.
#[derive(Debug, Clone)]
pub struct Section {
    /// Unique on the page.
    pub id: String,
    /// Heading level, 2 to 4.
    pub level: u8,
    /// The heading.
    pub heading: Line,
    /// True when it also belongs into a summary.
    pub brief: bool,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

impl Section {
    /// A section of full reports.
    pub fn new(
        id: impl Into<String>,
        level: u8,
        heading: impl Into<String>,
        blocks: Vec<Block>,
    ) -> Self {
        Self {
            id: id.into(),
            level,
            heading: line(heading),
            brief: false,
            blocks,
        }
    }

    /// The same, in summaries too.
    #[must_use]
    pub fn brief(mut self) -> Self {
        self.brief = true;
        self
    }
}

/// A condition that needs attention.
#[derive(Debug, Clone)]
pub struct Card {
    /// Verdict.
    pub tone: Tone,
    /// Verdict in words, with the level.
    pub label: String,
    /// Title of the condition.
    pub title: String,
    /// Why, in numbers.
    pub because: Line,
    /// What to do.
    pub help: Line,
}

/// A table.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Heads of the columns; numbers stand right.
    pub columns: Vec<Column>,
    /// Rows, in groups.
    pub bodies: Vec<Body>,
    /// Small print.
    pub note: Option<String>,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its head.
    pub head: String,
    /// True for numbers.
    pub numeric: bool,
    /// Its part of the table's width in percent; 0 leaves it to whoever renders.
    pub share: u8,
}

impl Column {
    /// The same, as wide as this many percent of the table.
    #[must_use]
    pub fn wide(mut self, percent: u8) -> Self {
        self.share = percent;
        self
    }
}

/// A column of words.
pub fn words(head: impl Into<String>) -> Column {
    Column {
        head: head.into(),
        numeric: false,
        share: 0,
    }
}

/// A column of numbers.
pub fn numbers(head: impl Into<String>) -> Column {
    Column {
        head: head.into(),
        numeric: true,
        share: 0,
    }
}

/// Rows that belong together.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// What they have in common, when they have something.
    pub head: Option<Line>,
    /// The rows; the first cell names the row.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its cells.
    pub cells: Vec<Cell>,
    /// True for the row the others are compared with.
    pub strong: bool,
}

impl Row {
    /// A row of cells.
    pub fn new(cells: Vec<Cell>) -> Self {
        Self {
            cells,
            strong: false,
        }
    }
}

/// A cell of a table.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// What counts.
    pub main: Line,
    /// Smaller lines under it.
    pub under: Vec<Line>,
    /// Columns it covers; 0 and 1 mean one.
    pub span: usize,
}

impl From<Line> for Cell {
    fn from(main: Line) -> Self {
        Self {
            main,
            ..Self::default()
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::from(line(text))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::from(line(text))
    }
}

impl Cell {
    /// The same with a smaller line under it.
    #[must_use]
    pub fn under(mut self, below: Line) -> Self {
        self.under.push(below);
        self
    }
}

/// A picture with what it says.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Unique on the page.
    pub id: String,
    /// What it shows, in a few words.
    pub title: String,
    /// How to read it.
    pub reading: String,
    /// What it says to someone who does not see it, beyond the reading.
    pub told: String,
    /// The drawing.
    pub drawing: Drawing,
    /// True when it takes the full width.
    pub wide: bool,
}

/// SVG without its frame.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// Width in user units.
    pub width: f64,
    /// Height in user units.
    pub height: f64,
    /// Elements, escaped.
    pub body: String,
}
