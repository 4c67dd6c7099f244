//! Lists of numbers that were let go of and wait to be written over: new memory costs more than most operators.
//!
//! Each thread keeps its own, up to a bound. What a list holds when it is taken is left over from before, so whoever takes
//! one writes every number of it.

use std::cell::RefCell;

/// Shorter lists are not kept.
const LEAST: usize = 1 << 12;
/// Numbers that one thread keeps, at most: 16 MiB.
const MOST: usize = 1 << 22;

thread_local!(static LISTS: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) });

/// A number of any kind, in lists that may be used again.
pub trait Spare: Copy + Default {
    /// So many numbers of any value, each to be written.
    fn list(size: usize) -> Vec<Self> {
        vec![Self::default(); size]
    }

    /// Lets go of a list.
    fn give(_: Vec<Self>) {}
}

impl Spare for f64 {}
impl Spare for i64 {}
impl Spare for bool {}
impl Spare for f32 {
    fn list(size: usize) -> Vec<Self> {
        if size < LEAST {
            return vec![0.0; size];
        }
        let found = LISTS.with_borrow_mut(|lists| {
            let all = lists.iter().enumerate();
            let fits = all.filter(|(_, list)| (size..=2 * size).contains(&list.capacity()));
            let (at, _) = fits.min_by_key(|(_, list)| list.capacity())?;
            Some(lists.swap_remove(at))
        });
        match found {
            Some(mut list) => {
                list.resize(size, 0.0);
                list
            }
            None => vec![0.0; size],
        }
    }

    fn give(list: Vec<Self>) {
        if list.capacity() >= LEAST {
            LISTS.with_borrow_mut(|lists| {
                let kept: usize = lists.iter().map(Vec::capacity).sum();
                if kept + list.capacity() <= MOST {
                    lists.push(list);
                }
            });
        }
    }
}

/// The same numbers in a list of their own.
pub fn copy(list: &[f32]) -> Vec<f32> {
    let mut copied = f32::list(list.len());
    copied.copy_from_slice(list);
    copied
}
