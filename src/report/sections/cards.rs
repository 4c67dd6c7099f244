//! What model and dataset say of themselves; what they do not say stands out.

use crate::record::{
    ColumnRole, Conversion, DatasetCard, Development, InputCard, InputKind, MissingRule, ModelCard,
    RangeRule, RepeatRule, ScoreScale, Task,
};
use crate::report::document::{
    Block, Body, Cell, Inline, Line, Row, Section, Table, Tone, line, text_of, words,
};
use crate::report::view::View;
use crate::report::words as say;

/// The model card.
pub fn model(view: &View<'_>) -> Section {
    let m = &view.evidence.model;
    let facts = vec![
        fact("Name", Some(&m.name)),
        fact("Version", Some(&m.version)),
        (
            "Kind".into(),
            line(format!("{}, score: {}", task(m.task), scale(m.score))),
        ),
        fact("Predicts", Some(&m.predicts)),
        fact("Intended use", m.intended_use.as_deref()),
        fact("Users", m.users.as_deref()),
        ("Decision threshold".into(), threshold(m)),
        ("Developed on".into(), development(m.development.as_ref())),
        fact("Owner", m.owner.as_deref()),
        fact("Source", m.source.as_deref()),
        fact("Licence", m.licence.as_deref()),
        ("Format".into(), format(m)),
        ("Test vectors".into(), tests(m.reproduced)),
    ];
    let mut blocks = vec![Block::Facts(facts)];
    if !m.inputs.is_empty() {
        blocks.push(Block::Table(inputs(&m.inputs)));
    }
    if !view.evidence.conversions.is_empty() {
        blocks.push(Block::Table(conversions(&view.evidence.conversions)));
    }
    Section::new(view.id("model"), 3, "Model card, as declared", blocks)
}

/// The dataset card.
pub fn dataset(view: &View<'_>) -> Section {
    let d = &view.evidence.dataset;
    let real = if d.synthetic {
        vec![
            Inline::Chip(Tone::Synthetic, "SYNTHETIC".into()),
            text_of(" no row describes a real person"),
        ]
    } else {
        line("declared to describe real people")
    };
    let repeats = match d.repeats {
        RepeatRule::Keep => "kept; patients are resampled whole",
        RepeatRule::First => "only the first is kept",
        RepeatRule::Refuse => "refused",
    };
    let facts = vec![
        fact("Name", Some(&d.name)),
        ("People".into(), real),
        fact("Population", d.population.as_deref()),
        fact("Period", d.period.as_deref()),
        fact("Controller", d.controller.as_deref()),
        fact("Ground for use", d.ground.as_deref()),
        ("Pseudonymisation".into(), pseudonymisation(d)),
        ("Several rows of a patient".into(), line(repeats)),
        fact("Source", d.source.as_deref()),
        fact("Licence", d.licence.as_deref()),
        (
            "Format".into(),
            vec![
                text_of(format!("{}, file ", d.format)),
                Inline::Code(d.file.clone()),
            ],
        ),
    ];
    let mut blocks = vec![Block::Facts(facts)];
    if !d.columns.is_empty() {
        blocks.push(Block::Table(columns(d)));
    }
    Section::new(view.id("dataset"), 3, "Dataset card, as declared", blocks)
}

fn fact(name: &str, text: Option<&str>) -> (String, Line) {
    let said = text.filter(|t| !t.trim().is_empty());
    (name.to_owned(), vec![said.map_or_else(absent, text_of)])
}

fn absent() -> Inline {
    Inline::Absent("not declared".into())
}

fn task(task: Task) -> &'static str {
    match task {
        Task::Binary => "an event that happens or not",
        Task::Multiclass => "one of several classes",
        Task::Continuous => "a number",
        Task::Survival => "a time to an event",
    }
}

fn scale(scale: ScoreScale) -> &'static str {
    match scale {
        ScoreScale::Probability => "a risk from 0 to 1",
        ScoreScale::Logit => "log odds",
        ScoreScale::Percent => "a risk in percent",
        ScoreScale::Points => "points, no risk",
    }
}

fn tests(reproduced: Option<u64>) -> Line {
    match reproduced {
        Some(1) => {
            line("the one made-up row of the card got its declared score before a row was read")
        }
        Some(n) => line(format!(
            "all {} made-up rows of the card got their declared scores before a row was read",
            say::whole(n)
        )),
        None => vec![Inline::Absent("none declared".into())],
    }
}

fn threshold(m: &ModelCard) -> Line {
    let Some(t) = &m.threshold else {
        return vec![absent()];
    };
    let from = t
        .from
        .as_deref()
        .map_or(Inline::Absent("source not declared".into()), text_of);
    vec![
        text_of(format!("{}, from: ", say::threshold(t.value))),
        from,
    ]
}

fn development(d: Option<&Development>) -> Line {
    let Some(d) = d else {
        return vec![absent()];
    };
    let mut parts: Vec<String> = [&d.population, &d.period]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    parts.extend(d.n.map(|n| format!("{} rows", say::whole(n))));
    parts.extend(d.events.map(|n| format!("{} events", say::whole(n))));
    parts.extend(
        d.auroc
            .map(|a| format!("published AUROC {}", say::fixed(a, 3))),
    );
    let linear = d.lp_mean.zip(d.lp_sd);
    parts.extend(linear.map(|(mean, sd)| {
        format!(
            "linear predictor {} (sd {})",
            say::fixed(mean, 2),
            say::fixed(sd, 2)
        )
    }));
    if parts.is_empty() {
        vec![absent()]
    } else {
        line(parts.join("; "))
    }
}

fn format(m: &ModelCard) -> Line {
    let mut line = vec![text_of(m.format.clone())];
    if let Some(column) = &m.column {
        line.extend([text_of(", column "), Inline::Code(column.clone())]);
    }
    if let Some(file) = &m.file {
        line.extend([text_of(", file "), Inline::Code(file.clone())]);
    }
    if !m.layers.is_empty() {
        let layers: Vec<String> = m.layers.iter().map(ToString::to_string).collect();
        line.push(text_of(format!(", layers: {}", layers.join(" → "))));
    }
    line
}

fn inputs(inputs: &[InputCard]) -> Table {
    let rows = inputs.iter().map(|i| {
        let mut may = may_be(i.kind, i.range, &i.categories);
        if !i.shape.is_empty() {
            let sides: Vec<String> = i.shape.iter().map(ToString::to_string).collect();
            may.push(text_of(format!(", {} numbers", sides.join(" × "))));
        }
        let missing = match &i.missing {
            MissingRule::Refuse => "row is left out and counted".to_owned(),
            MissingRule::Value(v) => format!("{v} stands in"),
            MissingRule::Category(c) => format!("{c} stands in"),
            MissingRule::Model => "the model itself knows what to do".to_owned(),
        };
        let unit = i.unit.clone().unwrap_or_else(|| "–".into());
        Row::new(vec![
            Cell::from(i.name.as_str()),
            unit.into(),
            may.into(),
            missing.into(),
        ])
    });
    Table {
        caption: "Inputs of the model".into(),
        columns: ["input", "unit", "may be", "when missing"]
            .map(words)
            .to_vec(),
        bodies: vec![Body {
            head: None,
            rows: rows.collect(),
        }],
        note: None,
    }
}

fn conversions(conversions: &[Conversion]) -> Table {
    let rows = conversions.iter().map(|c| {
        Row::new(vec![
            Cell::from(c.input.as_str()),
            c.column.clone().into(),
            c.told().into(),
            c.source.clone().into(),
        ])
    });
    Table {
        caption: "Units changed before scoring, as the study file declares".into(),
        columns: ["input", "column", "change", "source"].map(words).to_vec(),
        bodies: vec![Body {
            head: None,
            rows: rows.collect(),
        }],
        note: None,
    }
}

fn may_be(kind: InputKind, range: Option<[f64; 2]>, categories: &[String]) -> Line {
    match (kind, range) {
        (InputKind::Category, _) if !categories.is_empty() => line(categories.join(", ")),
        (InputKind::Number, Some([low, high])) => line(format!("{low} to {high}")),
        (InputKind::Number, None) => vec![
            text_of("any number "),
            Inline::Absent("no range declared".into()),
        ],
        (InputKind::Category, _) => line("a category"),
        (InputKind::Tensor, Some([low, high])) => {
            line(format!("a tensor, each number {low} to {high}"))
        }
        (InputKind::Tensor, None) => line("a tensor"),
    }
}

fn pseudonymisation(d: &DatasetCard) -> Line {
    let Some(p) = &d.pseudonymisation else {
        return vec![absent()];
    };
    let holder = p
        .key_holder
        .as_deref()
        .map_or(Inline::Absent("key holder not declared".into()), text_of);
    let date = p
        .date
        .as_deref()
        .map_or(Inline::Absent("date not declared".into()), text_of);
    vec![
        text_of(format!("{}; key held by: ", p.method)),
        holder,
        text_of("; date: "),
        date,
    ]
}

fn columns(d: &DatasetCard) -> Table {
    let rows = d.columns.iter().map(|c| {
        let roles: Vec<&str> = c.roles.iter().map(|r| role(*r)).collect();
        let about = match (&c.event, c.kind, c.range) {
            (Some(event), ..) => vec![text_of("event is "), Inline::Code(event.clone())],
            (None, InputKind::Number, None) => line("any number"),
            (None, kind, range) => may_be(kind, range, &c.categories),
        };
        let outside = match c.outside {
            RangeRule::Exclude => "row is left out and counted",
            RangeRule::Missing => "counts as missing",
            RangeRule::Refuse => "study stops",
        };
        let unit = c.unit.clone().unwrap_or_else(|| "–".into());
        Row::new(vec![
            Cell::from(c.name.as_str()),
            roles.join(", ").into(),
            unit.into(),
            about.into(),
            outside.into(),
        ])
    });
    Table {
        caption: "Columns with a role".into(),
        columns: ["column", "role", "unit", "may be", "otherwise"]
            .map(words)
            .to_vec(),
        bodies: vec![Body {
            head: None,
            rows: rows.collect(),
        }],
        note: None,
    }
}

fn role(role: ColumnRole) -> &'static str {
    match role {
        ColumnRole::Patient => "patient",
        ColumnRole::Outcome => "outcome",
        ColumnRole::Time => "time",
        ColumnRole::Input => "input",
        ColumnRole::Group => "group",
        ColumnRole::Site => "centre",
        ColumnRole::Weight => "weight",
        ColumnRole::Prediction => "prediction",
        ColumnRole::Date => "date",
        ColumnRole::Ignore => "ignored",
    }
}
