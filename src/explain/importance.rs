//! The moved scores of every player, the fast way where there is one: a forest tells an input that moves alone by steps
//! ([`crate::explain::moved`]), everything else is scored anew ([`permutation::moved`]).

use crate::error::Result;
use crate::explain::moved::swift::Swift;
use crate::explain::permutation::{self, Circle};
use crate::explain::question::{Player, Question};

/// Scores that are held at once: 256 MiB.
const HELD: usize = 1 << 25;

/// Moves one player after another in every repeat and hands on, in no fixed order, the player's place and its scores: for each
/// repeat, one for each row (indices into the table). A player whose inputs nobody asks about keeps every score exactly.
pub fn every(
    question: &Question<'_>,
    rows: &[u32],
    players: &[Player],
    circle: &Circle,
    mut tell: impl FnMut(usize, Vec<Vec<f64>>) -> Result<()>,
) -> Result<()> {
    let mut rest: Vec<usize> = (0..players.len()).collect();
    let alone = |place: &usize| match players[*place].inputs.as_slice() {
        [input] => Some((*place, *input)),
        _ => None,
    };
    let mut single: Vec<(usize, usize)> = rest.iter().filter_map(alone).collect();
    single.sort_by_key(|(_, input)| *input);
    single.dedup_by_key(|(_, input)| *input);
    if !single.is_empty()
        && circle.repeats() > 0
        && let Some(swift) = Swift::new(question, rows)?
    {
        let each = rows.len().saturating_mul(circle.repeats()).max(1);
        for some in single.chunks((HELD / each).max(1)) {
            let inputs: Vec<usize> = some.iter().map(|(_, input)| *input).collect();
            let told = swift.scores(&inputs, circle)?;
            for ((place, _), scores) in some.iter().zip(told) {
                if let Some(scores) = scores {
                    rest.retain(|other| other != place);
                    tell(*place, scores)?;
                }
            }
        }
    }
    for place in rest {
        let repeats = 0..circle.repeats();
        let scores = repeats
            .map(|repeat| permutation::moved(question, rows, &players[place], circle, repeat))
            .collect::<Result<_>>()?;
        tell(place, scores)?;
    }
    Ok(())
}
