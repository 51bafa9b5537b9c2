//! Chance that can be repeated.

pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub const fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    pub const fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.roll(from.len() as u64);
        &from[usize::try_from(at).unwrap()]
    }

    pub fn uuid(&mut self) -> uuid::Uuid {
        let high = u128::from(self.roll(u64::MAX));
        uuid::Builder::from_random_bytes(
            (high << 64 | u128::from(self.roll(u64::MAX))).to_be_bytes(),
        )
        .into_uuid()
    }
}
