//! A small strict reader of XML: balanced tags, quoted attributes, unique ids, known entities, legal characters.

use std::collections::{BTreeMap, BTreeSet};

/// An element's start: name and attributes.
pub type Start = (String, BTreeMap<String, String>);

/// All elements in order, or what is wrong and about where.
pub fn elements(text: &str) -> Result<Vec<Start>, String> {
    let mut open: Vec<String> = Vec::new();
    let mut seen = Vec::new();
    let mut ids = BTreeSet::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        characters(&rest[..at])?;
        rest = &rest[at..];
        let end = rest
            .find('>')
            .ok_or_else(|| format!("a tag never ends: {}", around(rest)))?;
        let tag = &rest[1..end];
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop().as_deref() != Some(name) {
                return Err(format!("</{name}> closes something else: {}", around(rest)));
            }
        } else if !tag.starts_with('!') && !tag.starts_with('?') {
            let closed = tag.ends_with('/');
            let (name, attributes) = start(tag.trim_end_matches('/'))
                .ok_or_else(|| format!("a broken tag: {}", around(rest)))?;
            if let Some(id) = attributes.get("id")
                && !ids.insert(id.clone())
            {
                return Err(format!("the id {id} stands twice"));
            }
            for value in attributes.values() {
                characters(value)?;
            }
            if !closed {
                open.push(name.clone());
            }
            seen.push((name, attributes));
        }
        rest = &rest[end + 1..];
    }
    characters(rest)?;
    if open.is_empty() {
        Ok(seen)
    } else {
        Err(format!("never closed: {open:?}"))
    }
}

fn start(tag: &str) -> Option<Start> {
    let name: String = tag
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let mut rest = tag[name.len()..].trim();
    let mut attributes = BTreeMap::new();
    while !rest.is_empty() {
        let (key, more) = rest.split_once("=\"")?;
        let (value, more) = more.split_once('"')?;
        if key.contains(char::is_whitespace)
            || attributes
                .insert(key.to_owned(), value.to_owned())
                .is_some()
        {
            return None;
        }
        rest = more.trim();
    }
    (!name.is_empty()).then_some((name, attributes))
}

fn characters(text: &str) -> Result<(), String> {
    if let Some(c) = text.chars().find(|c| {
        (c.is_control() && !"\n\t\r".contains(*c))
            || *c == '<'
            || ('\u{fffe}'..='\u{ffff}').contains(c)
    }) {
        return Err(format!(
            "the character {:04x} may not stand there: {}",
            c as u32,
            around(text)
        ));
    }
    for part in text.split('&').skip(1) {
        let entity = part.split(';').next().unwrap_or_default();
        let known = ["amp", "lt", "gt", "quot", "#39", "#10", "#9"].contains(&entity);
        if !known || !part.contains(';') {
            return Err(format!("a loose ampersand: {}", around(part)));
        }
    }
    if text.contains("]]>") {
        return Err("]]> stands in text".into());
    }
    Ok(())
}

fn around(text: &str) -> String {
    text.chars().take(80).collect()
}
