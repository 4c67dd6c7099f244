//! Kinds of numbers narrower than what holds them: whole numbers below 64 bits are held in 64, floating-point numbers of 16
//! bits in 32. After every step they are brought back onto their own grid, as the standard's arithmetic would leave them.

use half::{bf16, f16};

/// The kind a number has, where that is narrower than what holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrow {
    /// 8 bits, without sign.
    U8,
    /// 8 bits.
    I8,
    /// 16 bits, without sign.
    U16,
    /// 16 bits.
    I16,
    /// 32 bits, without sign.
    U32,
    /// 32 bits.
    I32,
    /// 64 bits without sign; the same bits.
    U64,
    /// Half precision.
    F16,
    /// Brain floating point: the upper half of 32 bits.
    B16,
}

impl Narrow {
    /// By `TensorProto.DataType`; None for kinds that are held as they are.
    pub fn of(kind: i64) -> Option<Self> {
        Some(match kind {
            2 => Self::U8,
            3 => Self::I8,
            4 => Self::U16,
            5 => Self::I16,
            6 => Self::I32,
            10 => Self::F16,
            12 => Self::U32,
            13 => Self::U64,
            16 => Self::B16,
            _ => return None,
        })
    }

    /// As `TensorProto.DataType`.
    pub fn kind(self) -> i64 {
        match self {
            Self::U8 => 2,
            Self::I8 => 3,
            Self::U16 => 4,
            Self::I16 => 5,
            Self::I32 => 6,
            Self::F16 => 10,
            Self::U32 => 12,
            Self::U64 => 13,
            Self::B16 => 16,
        }
    }

    /// True for the two floating-point kinds.
    pub fn floats(self) -> bool {
        matches!(self, Self::F16 | Self::B16)
    }

    /// How many bits it has.
    pub fn bits(self) -> u32 {
        match self {
            Self::U8 | Self::I8 => 8,
            Self::U16 | Self::I16 | Self::F16 | Self::B16 => 16,
            Self::U32 | Self::I32 => 32,
            Self::U64 => 64,
        }
    }

    /// The least and the largest whole number.
    pub fn range(self) -> (i64, i64) {
        match self {
            Self::U8 => (0, 255),
            Self::I8 => (-128, 127),
            Self::U16 => (0, 65_535),
            Self::I16 => (-32_768, 32_767),
            Self::U32 => (0, i64::from(u32::MAX)),
            Self::I32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (i64::MIN, i64::MAX),
        }
    }

    /// A whole number, wrapped as its width wraps it.
    pub fn whole(self, x: i64) -> i64 {
        match self {
            Self::U8 => i64::from(x as u8),
            Self::I8 => i64::from(x as i8),
            Self::U16 => i64::from(x as u16),
            Self::I16 => i64::from(x as i16),
            Self::U32 => i64::from(x as u32),
            Self::I32 => i64::from(x as i32),
            _ => x,
        }
    }

    /// A number, rounded to the nearest of 16 bits, ties to even.
    pub fn float(self, x: f32) -> f32 {
        match self {
            Self::F16 => f16::from_f32(x).to_f32(),
            Self::B16 => bf16::from_f32(x).to_f32(),
            _ => x,
        }
    }

    /// A number from its 16 bits.
    pub fn read(self, bits: u16) -> f32 {
        match self {
            Self::B16 => bf16::from_bits(bits).to_f32(),
            _ => f16::from_bits(bits).to_f32(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fall_on_their_own_grid() {
        assert_eq!(Narrow::F16.float(1.0 / 3.0), 0.333_251_95);
        assert_eq!(Narrow::F16.float(70_000.0), f32::INFINITY);
        assert_eq!(Narrow::B16.float(1.0 / 3.0), 0.333_984_38);
        assert_eq!(Narrow::F16.read(0x3c00), 1.0);
        assert_eq!(Narrow::B16.read(0x3f80), 1.0);
        assert_eq!((Narrow::U8.whole(-1), Narrow::I8.whole(200)), (255, -56));
    }
}
