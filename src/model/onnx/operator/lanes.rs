//! Numbers side by side: the widest registers the machine has, found when the program runs. The one door to `pulp`.

use crate::model::onnx::spare::Spare;
use pulp::{Arch, Simd, WithSimd};
use std::cell::RefCell;
use std::ops::Range;

/// Numbers in the widest register of any machine.
pub const WIDEST: usize = 16;
/// Registers of a panel.
pub const REGISTERS: usize = 3;

/// One block of a chunk, times all rows.
pub struct Block<'a, T> {
    /// Groups of rows, interleaved.
    pub left: &'a [T],
    /// Panels of columns.
    pub right: &'a [T],
    /// Length of both along the inner axis.
    pub deep: usize,
    /// How many rows.
    pub rows: usize,
    /// How many columns.
    pub columns: usize,
    /// In the first block: the number each row starts from, or none for zero.
    pub start: Option<&'a [T]>,
    /// The result, from this chunk's first column on.
    pub into: &'a mut [T],
    /// How far apart rows of the result lie.
    pub down: usize,
}

/// The groups of rows: as many of the machine's own size as there are, then halves of it.
pub fn groups(rows: usize, most: usize) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let mut size = most;
        while size > rows - start {
            size /= 2;
        }
        let group = start..start + size;
        start = group.end;
        (size > 0).then_some(group)
    })
}

/// Runs a loop compiled for the machine's widest registers. What it calls must be inlined to take part.
pub fn wide<R>(work: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(work)
}

/// Floating-point numbers of one width.
pub trait Real: Spare + Send + Sync + 'static {
    /// How many fit in one register.
    fn lanes() -> usize;
    /// How many rows pass at once.
    fn group() -> usize;
    /// `a * b + c`, rounded once.
    fn fused(a: Self, b: Self, c: Self) -> Self;
    /// `a + b`.
    fn plus(a: Self, b: Self) -> Self;
    /// In 64 bits.
    fn wider(self) -> f64;
    /// From 64 bits.
    fn narrowed(x: f64) -> Self;
    /// One block of a product.
    fn block(block: Block<'_, Self>);
    /// A list that this thread used before, to be given back.
    fn room() -> Vec<Self>;
    /// Gives a list back.
    fn give_back(room: Vec<Self>);
}

macro_rules! real {
    ($kind:ident, $lanes:ident, $register:ident, $as:ident, $as_mut:ident, $splat:ident, $fused:ident, $tile:ident, $all:ident, $room:ident) => {
        thread_local!(static $room: RefCell<Vec<$kind>> = const { RefCell::new(Vec::new()) });

        impl Real for $kind {
            fn lanes() -> usize {
                struct Ask;
                impl WithSimd for Ask {
                    type Output = usize;
                    fn with_simd<S: Simd>(self, _: S) -> usize {
                        S::$lanes
                    }
                }
                Arch::new().dispatch(Ask)
            }

            fn group() -> usize {
                struct Ask;
                impl WithSimd for Ask {
                    type Output = usize;
                    fn with_simd<S: Simd>(self, _: S) -> usize {
                        group::<S>()
                    }
                }
                Arch::new().dispatch(Ask)
            }

            #[inline(always)]
            fn fused(a: Self, b: Self, c: Self) -> Self {
                a.mul_add(b, c)
            }

            #[inline(always)]
            fn plus(a: Self, b: Self) -> Self {
                a + b
            }

            fn wider(self) -> f64 {
                f64::from(self)
            }

            fn narrowed(x: f64) -> Self {
                x as $kind
            }

            fn block(block: Block<'_, Self>) {
                struct Job<'a>(Block<'a, $kind>);
                impl WithSimd for Job<'_> {
                    type Output = ();
                    #[inline(always)]
                    fn with_simd<S: Simd>(self, simd: S) {
                        $all(simd, self.0);
                    }
                }
                Arch::new().dispatch(Job(block));
            }

            fn room() -> Vec<Self> {
                $room.take()
            }

            fn give_back(room: Vec<Self>) {
                $room.set(room);
            }
        }

        #[inline(always)]
        fn $all<S: Simd>(simd: S, block: Block<'_, $kind>) {
            let Block {
                left,
                right,
                deep,
                rows,
                columns,
                start,
                into,
                down,
            } = block;
            let lanes = S::$lanes;
            let width = lanes * REGISTERS;
            for first in (0..columns).step_by(width) {
                let used = width.min(columns - first);
                let registers = used.div_ceil(lanes);
                let at = first * deep;
                let right = &right[at..at + deep * registers * lanes];
                let (right, _) = S::$as(right);
                for group in groups(rows, group::<S>()) {
                    let left = &left[group.start * deep..group.end * deep];
                    let start = start.map(|start| start.get(group.clone()).unwrap_or_default());
                    let into = &mut into[group.start * down + first..];
                    macro_rules! go {
                        ($rows:literal) => {
                            match registers {
                                1 => $tile::<S, $rows, 1>(simd, left, right, start, into, down, used),
                                2 => $tile::<S, $rows, 2>(simd, left, right, start, into, down, used),
                                _ => $tile::<S, $rows, 3>(simd, left, right, start, into, down, used),
                            }
                        };
                    }
                    match group.len() {
                        8 => go!(8),
                        4 => go!(4),
                        2 => go!(2),
                        _ => go!(1),
                    }
                }
            }
        }

        /// A group of rows times one panel: all sums stay in registers.
        #[inline(always)]
        fn $tile<S: Simd, const ROWS: usize, const WIDTH: usize>(
            simd: S,
            left: &[$kind],
            right: &[S::$register],
            start: Option<&[$kind]>,
            into: &mut [$kind],
            down: usize,
            used: usize,
        ) {
            let zero = simd.$splat(0.0);
            let mut sums = [[zero; WIDTH]; ROWS];
            let full = used == WIDTH * S::$lanes;
            match start {
                Some(start) => {
                    for (sums, start) in sums.iter_mut().zip(start) {
                        *sums = [simd.$splat(*start); WIDTH];
                    }
                }
                None => {
                    for (row, sums) in sums.iter_mut().enumerate() {
                        let from = &into[row * down..row * down + used];
                        let mut edge = [0.0; WIDEST * REGISTERS];
                        let from = if full {
                            from
                        } else {
                            edge[..used].copy_from_slice(from);
                            &edge[..WIDTH * S::$lanes]
                        };
                        for (sum, from) in sums.iter_mut().zip(S::$as(from).0) {
                            *sum = *from;
                        }
                    }
                }
            }
            let (left, _) = left.as_chunks::<ROWS>();
            let (right, _) = right.as_chunks::<WIDTH>();
            for (left, right) in left.iter().zip(right) {
                for row in 0..ROWS {
                    let one = simd.$splat(left[row]);
                    for place in 0..WIDTH {
                        sums[row][place] = simd.$fused(one, right[place], sums[row][place]);
                    }
                }
            }
            for (row, sums) in sums.iter().enumerate() {
                let into = &mut into[row * down..row * down + used];
                if full {
                    for (into, sum) in S::$as_mut(into).0.iter_mut().zip(sums) {
                        *into = *sum;
                    }
                } else {
                    let mut edge = [0.0; WIDEST * REGISTERS];
                    let part = &mut edge[..WIDTH * S::$lanes];
                    for (edge, sum) in S::$as_mut(part).0.iter_mut().zip(sums) {
                        *edge = *sum;
                    }
                    into.copy_from_slice(&edge[..used]);
                }
            }
        }
    };
}

real!(
    f32,
    F32_LANES,
    f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    splat_f32s,
    mul_add_f32s,
    tile_f32,
    all_f32,
    ROOM_F32
);
real!(
    f64,
    F64_LANES,
    f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    splat_f64s,
    mul_add_f64s,
    tile_f64,
    all_f64,
    ROOM_F64
);

/// Rows that pass at once: 24 or 12 sums, as the machine has registers for them.
const fn group<S: Simd>() -> usize {
    if S::REGISTER_COUNT >= 32 { 8 } else { 4 }
}
