//! What a dataset says of itself: `datasets/<id>/card.toml`.

use crate::error::{Error, did_you_mean, shown};
use crate::record::{
    ColumnCard, ColumnRole, DatasetCard, InputKind, Pseudonymisation, RangeRule, RepeatRule,
};
use crate::sheet::{Section, Sheet};

/// The formats a card may name; the shelf of `dataset` holds the same words (`tests/hostile/data.rs`).
pub const FORMATS: [&str; 3] = ["csv", "parquet", "arrow"];

const ROLES: [(&str, ColumnRole); 10] = [
    ("patient", ColumnRole::Patient),
    ("outcome", ColumnRole::Outcome),
    ("time", ColumnRole::Time),
    ("input", ColumnRole::Input),
    ("group", ColumnRole::Group),
    ("site", ColumnRole::Site),
    ("weight", ColumnRole::Weight),
    ("prediction", ColumnRole::Prediction),
    ("date", ColumnRole::Date),
    ("ignore", ColumnRole::Ignore),
];

/// Reads a card; `id` is the name of its folder. Problems are noted in the sheet, and the caller finishes it.
pub fn read(sheet: &Sheet, id: &str) -> DatasetCard {
    let top = sheet.top();
    let sections = top.sections("columns");
    if sections.is_empty() {
        top.problem(
            "columns",
            Error::new("the card describes no column").help(
                "add a `[[columns]]` table with `name` and `role` for each column that is used",
            ),
        );
    }
    let columns: Vec<ColumnCard> = sections.iter().map(column).collect();
    once_each(&sections, &columns);
    let card = DatasetCard {
        id: id.to_owned(),
        name: top.need_text("name"),
        file: file(&top),
        format: format(&top),
        delimiter: delimiter(&top),
        missing: top.texts("missing").unwrap_or_default(),
        synthetic: top.flag("synthetic").unwrap_or_default(),
        controller: top.text("controller"),
        ground: top.text("ground"),
        pseudonymisation: pseudonymisation(&top),
        period: top.text("period"),
        population: top.text("population"),
        licence: top.text("licence"),
        source: top.text("source"),
        columns,
        repeats: match top
            .one_of("repeats", &["keep", "first", "refuse"])
            .as_deref()
        {
            Some("first") => RepeatRule::First,
            Some("refuse") => RepeatRule::Refuse,
            _ => RepeatRule::Keep,
        },
    };
    events_are_not_missing(&sections, &card);
    card
}

fn file(top: &Section<'_>) -> String {
    let file = top.need_text("file");
    let outside = file.split(['/', '\\']).any(|part| part == "..")
        || file.starts_with(['/', '\\'])
        || file.chars().nth(1) == Some(':');
    if outside {
        top.problem(
            "file",
            Error::new(format!(
                "the file `{}` leaves the card's folder",
                shown(&file)
            ))
            .help("put the file beside the card and give its name"),
        );
    }
    file
}

fn format(top: &Section<'_>) -> String {
    if !top.has("format") {
        top.missing("format");
    }
    top.one_of("format", &FORMATS).unwrap_or_default()
}

fn delimiter(top: &Section<'_>) -> Option<String> {
    let text = top.text("delimiter")?;
    let text = if text == "tab" { "\t".to_owned() } else { text };
    let good = matches!(text.as_bytes(), [one] if one.is_ascii() && !matches!(one, b'"' | b'\r' | b'\n' | 0));
    if !good {
        top.problem(
            "delimiter",
            Error::new("`delimiter` must be one character, such as `;`, or `tab`"),
        );
        return None;
    }
    Some(text)
}

fn pseudonymisation(top: &Section<'_>) -> Option<Pseudonymisation> {
    let section = top.section("pseudonymisation")?;
    Some(Pseudonymisation {
        method: section.need_text("method"),
        key_holder: section.text("key-holder"),
        date: section.date("date").map(|date| date.to_string()),
    })
}

fn column(section: &Section<'_>) -> ColumnCard {
    let roles = roles(section);
    let range = section.range("range");
    let categories = section.texts("categories").unwrap_or_default();
    let bands = section.numbers("bands").unwrap_or_default();
    let kind = section.one_of("kind", &["number", "category", "tensor"]);
    let column = ColumnCard {
        name: section.need_text("name").trim().to_owned(),
        input: section.text("input"),
        unit: section.text("unit"),
        kind: match kind.as_deref() {
            Some("number") => InputKind::Number,
            Some("tensor") => InputKind::Tensor,
            Some(_) => InputKind::Category,
            None => usual_kind(
                &roles,
                !bands.is_empty() || range.is_some() || section.has("unit"),
                !categories.is_empty(),
            ),
        },
        event: section.text("event").map(|event| event.trim().to_owned()),
        outside: match section
            .one_of("outside", &["exclude", "missing", "refuse"])
            .as_deref()
        {
            Some("missing") => RangeRule::Missing,
            Some("refuse") => RangeRule::Refuse,
            _ => RangeRule::Exclude,
        },
        missing: section.texts("missing").unwrap_or_default(),
        reference: section.text("reference"),
        labels: section.pairs("labels").unwrap_or_default(),
        roles,
        range,
        categories,
        bands,
    };
    agree(section, &column);
    column
}

fn roles(section: &Section<'_>) -> Vec<ColumnRole> {
    if !section.has("role") {
        section.missing("role");
    }
    let words = ROLES.map(|(word, _)| word);
    let first = section.one_of("role", &words);
    let mut roles = Vec::new();
    for word in first
        .into_iter()
        .chain(section.texts("as").unwrap_or_default())
    {
        match ROLES.iter().find(|(known, _)| *known == word) {
            Some((_, role)) if roles.contains(role) => {}
            Some((_, role)) => roles.push(*role),
            None => {
                let error = Error::new(format!("unknown role `{}`", shown(&word)));
                let help = match did_you_mean(&word, words) {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => format!("known here: {}", words.join(", ")),
                };
                section.problem("as", error.help(help));
            }
        }
    }
    roles
}

/// What a column holds when its card does not say `kind`.
fn usual_kind(roles: &[ColumnRole], measured: bool, named: bool) -> InputKind {
    const WORDS: [ColumnRole; 5] = [
        ColumnRole::Patient,
        ColumnRole::Outcome,
        ColumnRole::Group,
        ColumnRole::Site,
        ColumnRole::Date,
    ];
    if measured {
        InputKind::Number
    } else if named || roles.iter().any(|role| WORDS.contains(role)) {
        InputKind::Category
    } else {
        InputKind::Number
    }
}

/// The keys of one column must not contradict each other.
fn agree(section: &Section<'_>, column: &ColumnCard) {
    if column.kind == InputKind::Tensor {
        return agree_tensor(section, column);
    }
    let is = |role| column.roles.contains(&role);
    let number = column.kind == InputKind::Number;
    let tell = |wrong: bool, key: &str, what: &str, help: &str| {
        if wrong {
            section.problem(key, Error::new(what).help(help));
        }
    };
    let outcome = is(ColumnRole::Outcome);
    tell(
        outcome && column.event.is_none(),
        "role",
        "an outcome must say which cells are events",
        "add `event = \"…\"` with the text of such a cell",
    );
    tell(
        !outcome && column.event.is_some(),
        "event",
        "`event` belongs to an outcome",
        "did you mean `role = \"outcome\"`?",
    );
    tell(
        number
            && [ColumnRole::Patient, ColumnRole::Outcome, ColumnRole::Site]
                .into_iter()
                .any(is),
        "role",
        "patients, outcomes and sites are read as words, not as numbers",
        "leave `bands`, `range`, `unit` and `kind` away",
    );
    tell(
        !number
            && [ColumnRole::Weight, ColumnRole::Prediction, ColumnRole::Time]
                .into_iter()
                .any(is),
        "role",
        "weights, predictions and times are numbers",
        "leave `categories` and `kind` away, or give the other role a column of its own",
    );
    tell(
        number && !column.categories.is_empty(),
        "categories",
        "`categories` belong to words; `bands`, `range`, `unit` or `kind` make this column one of numbers",
        "keep one of them",
    );
    tell(
        !number && (column.range.is_some() || !column.bands.is_empty()),
        "kind",
        "`bands` and `range` belong to numbers",
        "leave `kind = \"category\"` away",
    );
    tell(
        number && is(ColumnRole::Group) && column.bands.is_empty(),
        "role",
        "a group of numbers needs `bands`",
        "add `bands = [0, 50, 65]`, or `kind = \"category\"` when each number is a level",
    );
    tell(
        section.has("bands")
            && (column.bands.is_empty() || column.bands.windows(2).any(|two| two[0] >= two[1])),
        "bands",
        "`bands` must be cut points, each higher than the one before",
        "for instance `bands = [0, 50, 65, 80]`",
    );
    tell(
        section.has("outside") && column.range.is_none() && column.categories.is_empty(),
        "outside",
        "`outside` says what happens to values outside `range` or `categories`, and this column declares neither",
        "add `range` or `categories`",
    );
    tell(
        column.input.is_some() && !is(ColumnRole::Input),
        "input",
        "`input` names the model input that a column feeds, and this column has not the role `input`",
        "add `as = [\"input\"]`",
    );
    let label = |word: &String| column.labels.get(word).unwrap_or(word).clone();
    if let Some(reference) = &column.reference
        && !column.categories.is_empty()
        && !column
            .categories
            .iter()
            .any(|c| label(c) == label(reference))
    {
        let known = column.categories.iter().map(String::as_str);
        let error = Error::new(format!(
            "the reference `{}` is none of the column's `categories`",
            shown(reference)
        ));
        section.problem("reference", error.suggest(reference, known));
    }
}

/// A tensor is read by a model and by nobody else.
fn agree_tensor(section: &Section<'_>, column: &ColumnCard) {
    let other = |role: &&ColumnRole| !matches!(role, ColumnRole::Input | ColumnRole::Ignore);
    if let Some(role) = column.roles.iter().find(other) {
        let word = ROLES.iter().find(|(_, known)| known == role);
        let error = Error::new(format!(
            "a tensor is an input, and this column has the role `{}`",
            word.map_or("", |(word, _)| word)
        ));
        section.problem(
            "role",
            error.help("give the other role a column of its own"),
        );
    }
    for key in ["categories", "bands", "event", "labels", "reference"] {
        if section.has(key) {
            let error = Error::new(format!("a tensor has no `{key}`"));
            section.problem(
                key,
                error.help("leave it out, or leave `kind = \"tensor\"` out"),
            );
        }
    }
    if section.has("outside") && column.range.is_none() {
        let error = Error::new("`outside` says what happens to numbers outside `range`");
        section.problem("outside", error.help("add `range`"));
    }
}

/// Names, roles and groups that only one column may have.
fn once_each(sections: &[Section<'_>], columns: &[ColumnCard]) {
    let single = [
        (ColumnRole::Patient, "patient"),
        (ColumnRole::Outcome, "outcome"),
        (ColumnRole::Site, "site"),
        (ColumnRole::Weight, "weight"),
    ];
    let group = |column: &ColumnCard| match column.bands.is_empty() {
        false => Some(format!("{}-band", column.name)),
        true if column.roles.contains(&ColumnRole::Site) => Some("site".to_owned()),
        true => column
            .roles
            .contains(&ColumnRole::Group)
            .then(|| column.name.clone()),
    };
    for (at, (section, column)) in sections.iter().zip(columns).enumerate() {
        let before = &columns[..at];
        if !column.name.is_empty() && before.iter().any(|other| other.name == column.name) {
            let what = format!("column `{}` is described twice", shown(&column.name));
            let help = "give it one table, with further roles in `as`";
            section.problem("name", Error::new(what).help(help));
        } else if let Some(name) = group(column)
            && before
                .iter()
                .any(|other| group(other).as_ref() == Some(&name))
        {
            let what = format!("two columns make the group `{}`", shown(&name));
            section.problem("name", Error::new(what));
        }
        for (role, word) in single {
            if column.roles.contains(&role)
                && let Some(other) = before.iter().find(|other| other.roles.contains(&role))
            {
                let what = format!(
                    "two columns have the role `{word}`: `{}` and `{}`",
                    shown(&other.name),
                    shown(&column.name)
                );
                section.problem("role", Error::new(what));
            }
        }
    }
}

fn events_are_not_missing(sections: &[Section<'_>], card: &DatasetCard) {
    for (section, column) in sections.iter().zip(&card.columns) {
        let Some(event) = &column.event else { continue };
        if event.is_empty()
            || card
                .missing
                .iter()
                .chain(&column.missing)
                .any(|code| code.trim() == event)
        {
            section.problem(
                "event",
                Error::new(format!(
                    "the event `{}` is declared missing too",
                    shown(event)
                ))
                .help("an empty cell is always missing; take the event out of `missing`"),
            );
        }
    }
}
