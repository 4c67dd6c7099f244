//! Model cards: `models/<id>/card.toml` read into a [`ModelCard`].

use crate::config::{model_format, model_input, model_layer, model_test};
use crate::error::{Error, shown};
use crate::record::{Development, ModelCard, ScoreScale, Task, Threshold};
use crate::sheet::{Section, Sheet};
use std::path::{Component, Path};

pub use crate::config::model_format::FORMATS;

const TASKS: [&str; 4] = ["binary", "multiclass", "continuous", "survival"];
const SCALES: [&str; 4] = ["probability", "logit", "percent", "points"];

/// Reads a model card. `id` is the folder's name. Problems are noted in the sheet; ask `sheet.finish()` for them.
pub fn read(sheet: &Sheet, id: &str) -> ModelCard {
    let top = sheet.top();
    let name = top.need_text("name");
    let version = top.need_text("version");
    let task = task(&top);
    let predicts = top.need_text("predicts");
    let format = match top.has("format") {
        true => top.one_of("format", &FORMATS).unwrap_or_default(),
        false => {
            missing(&top, "format", &FORMATS);
            String::new()
        }
    };
    let score = score(&top, &format);
    let mut card = ModelCard {
        id: id.to_owned(),
        name,
        version,
        task,
        predicts,
        file: file(&top),
        column: top.text("column"),
        output: top.text("output"),
        class: top.text("class"),
        inputs: model_input::read(&top),
        layers: model_layer::read(&top),
        tests: Vec::new(),
        reproduced: None,
        score,
        threshold: threshold(&top, score),
        intended_use: top.text("intended-use"),
        users: top.text("users"),
        development: development(&top),
        licence: top.text("licence"),
        source: top.text("source"),
        owner: top.text("owner"),
        format,
    };
    card.tests = model_test::read(&top, &card.inputs);
    model_format::fits(&top, &card);
    card
}

fn missing(section: &Section<'_>, key: &str, words: &[&str]) {
    section.problem(
        key,
        Error::new(format!("`{key}` is missing")).help(format!("one of {}", ticked(words))),
    );
}

fn ticked(words: &[&str]) -> String {
    let ticked: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    ticked.join(", ")
}

fn task(top: &Section<'_>) -> Task {
    if !top.has("task") {
        missing(top, "task", &TASKS);
        return Task::Binary;
    }
    let task = match top.one_of("task", &TASKS).as_deref() {
        Some("multiclass") => Task::Multiclass,
        Some("continuous") => Task::Continuous,
        Some("survival") => Task::Survival,
        _ => return Task::Binary,
    };
    top.problem(
        "task",
        Error::new("only the task `binary` can be validated; this one not yet").help(
            "a risk at a fixed horizon with complete follow-up is `binary`: an event that happens by then or not",
        ),
    );
    task
}

fn score(top: &Section<'_>, format: &str) -> ScoreScale {
    let reference = format.starts_with("treat-");
    if !top.has("score") {
        if !reference {
            top.problem(
                "score",
                Error::new(format!(
                    "`score` is missing: what a score means is asked for, never guessed; say {}",
                    ticked(&SCALES)
                ))
                .help(
                    "`probability` is a risk in [0, 1], `logit` a log odds, `percent` a risk in [0, 100], `points` a \
                     score without a risk",
                ),
            );
        }
        return ScoreScale::Probability;
    }
    let score = match top.one_of("score", &SCALES).as_deref() {
        Some("logit") => ScoreScale::Logit,
        Some("percent") => ScoreScale::Percent,
        Some("points") => ScoreScale::Points,
        _ => ScoreScale::Probability,
    };
    if reference && score != ScoreScale::Probability {
        top.problem(
            "score",
            Error::new(format!("a `{format}` model gives the risk 0 or 1"))
                .help("write `score = \"probability\"` or leave `score` out"),
        );
    }
    score
}

fn file(top: &Section<'_>) -> Option<String> {
    let file = top.text("file")?;
    let plain = !file.trim().is_empty()
        && !file.contains('\\')
        && Path::new(&file)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
    if !plain {
        top.problem(
            "file",
            Error::new(format!(
                "the file `{}` does not lie beside the card",
                shown(&file)
            ))
            .help("put the file into the card's folder and write its name, without `..` and without a leading `/`"),
        );
        return None;
    }
    Some(file)
}

fn threshold(top: &Section<'_>, score: ScoreScale) -> Option<Threshold> {
    let section = top.section("threshold")?;
    let from = section.text("from");
    if !section.has("value") {
        section.missing("value");
    }
    let value = section.number("value")?;
    if score != ScoreScale::Points && !(value > 0.0 && value < 1.0) {
        section.problem(
            "value",
            Error::new(format!(
                "the threshold is a risk between 0 and 1, and {value} is not"
            ))
            .help("write 20 % as 0.2, whatever the scale of the score"),
        );
    }
    Some(Threshold { value, from })
}

fn development(top: &Section<'_>) -> Option<Development> {
    let section = top.section("development")?;
    let read = Development {
        population: section.text("population"),
        period: section.text("period"),
        n: section.whole("n"),
        events: section.whole("events"),
        lp_mean: section.number("lp-mean"),
        lp_sd: section.number("lp-sd"),
        auroc: section.number("auroc"),
    };
    if let (Some(n), Some(events)) = (read.n, read.events)
        && events > n
    {
        section.problem("events", Error::new("there are more `events` than `n`"));
    }
    if read.lp_sd.is_some_and(|sd| sd <= 0.0) {
        section.problem("lp-sd", Error::new("`lp-sd` must be more than zero"));
    }
    if read
        .auroc
        .is_some_and(|auroc| !(0.0..=1.0).contains(&auroc))
    {
        section.problem("auroc", Error::new("`auroc` must lie in [0, 1]"));
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{InputKind, MissingRule};

    fn problems(text: &str) -> Vec<String> {
        let sheet = Sheet::parse(text, "card.toml").unwrap();
        read(&sheet, "m");
        sheet.finish().iter().map(ToString::to_string).collect()
    }

    const WHOLE: &str = r#"
        name = "Sepsis score"
        version = "2.1"
        task = "binary"
        predicts = "sepsis within 24 hours"
        format = "safetensors"
        file = "model.safetensors"
        score = "probability"
        intended-use = "triage"
        users = "nurses"
        licence = "CC-BY-4.0"
        source = "https://example.org"
        owner = "ward 3"
        [threshold]
        value = 0.2
        from = "guideline"
        [development]
        population = "adults"
        period = "2010 to 2015"
        n = 1000
        events = 100
        lp-mean = -2.1
        lp-sd = 1.0
        auroc = 0.8
        [[inputs]]
        name = "age"
        unit = "years"
        range = [18, 110]
        missing = 60
        [[inputs]]
        name = "sex"
        categories = ["female", "male"]
        missing = { category = "female" }
        [[layers]]
        kind = "standardise"
        name = "scaler"
        [[layers]]
        kind = "dense"
        name = "fc1"
        inputs = 3
        outputs = 1
        [[layers]]
        kind = "sigmoid"
    "#;

    #[test]
    fn a_whole_card_is_read() {
        let sheet = Sheet::parse(WHOLE, "card.toml").unwrap();
        let card = read(&sheet, "sepsis");
        assert_eq!(sheet.finish(), []);
        assert_eq!(card.id, "sepsis");
        assert_eq!(card.inputs[0].missing, MissingRule::Value(60.0));
        assert_eq!(card.inputs[1].kind, InputKind::Category);
        assert_eq!(
            card.inputs[1].missing,
            MissingRule::Category("female".into())
        );
        assert_eq!(card.layers.len(), 3);
        assert_eq!(card.development.unwrap().lp_mean, Some(-2.1));
        assert_eq!(card.threshold.unwrap().from.as_deref(), Some("guideline"));
    }

    #[test]
    fn a_missing_score_scale_names_the_four_words() {
        let found = problems(&WHOLE.replace("score = \"probability\"", ""));
        assert_eq!(found.len(), 1);
        for word in SCALES {
            assert!(found[0].contains(&format!("`{word}`")), "{found:?}");
        }
    }

    #[test]
    fn files_outside_the_folder_are_refused() {
        for file in ["../m", "/etc/passwd", "a/../../m", "..\\\\m", ".", ""] {
            let found = problems(&WHOLE.replace("\"model.safetensors\"", &format!("\"{file}\"")));
            assert!(found[0].contains("does not lie beside"), "{file} {found:?}");
        }
    }

    #[test]
    fn other_tasks_are_not_yet_there() {
        let found = problems(&WHOLE.replace("\"binary\"", "\"survival\""));
        assert!(found[0].contains("not yet") && found[0].contains("help"));
    }

    #[test]
    fn each_format_says_what_it_needs() {
        let head = "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nscore='probability'\n";
        let of = |format: &str| problems(&format!("{head}format='{format}'")).len();
        assert_eq!(of("column"), 1);
        assert_eq!(of("linear"), 2);
        assert_eq!(of("safetensors"), 3);
        assert_eq!(of("xgboost"), 2);
        assert_eq!(of("lightgbm"), 2);
        assert_eq!(of("onnx"), 2);
        assert_eq!(of("treat-all"), 0);
        assert!(problems(&format!("{head}format='liner'"))[0].contains("`linear`"));
    }

    #[test]
    fn odd_numbers_are_told_with_their_lines() {
        let text = WHOLE
            .replace("value = 0.2", "value = 20")
            .replace("events = 100", "events = 2000")
            .replace("auroc = 0.8", "auroc = 80")
            .replace("inputs = 3", "inputs = 0")
            .replace("users =", "user =");
        assert_eq!(problems(&text).len(), 5, "{:?}", problems(&text));
    }
}
