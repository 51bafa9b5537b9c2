//! What makes two records the same: bytes that depend on nothing but the values, the hash of them, and
//! digests of many hashes that can be kept current. The database has functions of the same definition.
//!
//! A row is what PostgreSQL sends for it (`record_send`), with the shortest spelling of each number. An
//! aggregate is its row, then each child in its order, after a byte that says what it is.

use sha2::{Digest as _, Sha256};

use super::{
    record::{Key, Record, WorkoutRecord},
    wire::Form,
};

/// How many buckets there are: keys are spread by the first 12 bits of their hash.
pub const BUCKETS: u16 = 1 << 12;

const EXERCISE_FOLLOWS: u8 = 2;
const SET_FOLLOWS: u8 = 3;

/// The SHA-256 of a record's canonical bytes.
pub type Hash = [u8; 32];

/// How many records a bucket has, and the sums of the four 64-bit lanes of their hashes, modulo 2^64. Sums,
/// unlike XOR, tell a record that is there twice from one that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Digest {
    pub count: u64,
    pub lanes: [u64; 4],
}

impl Digest {
    pub fn add(&mut self, hash: &Hash) {
        self.count = self.count.wrapping_add(1);
        self.each(hash, u64::wrapping_add);
    }

    /// Takes back one hash that was added.
    pub fn subtract(&mut self, hash: &Hash) {
        self.count = self.count.wrapping_sub(1);
        self.each(hash, u64::wrapping_sub);
    }

    /// Adds all that another digest holds.
    pub fn merge(&mut self, other: &Self) {
        self.count = self.count.wrapping_add(other.count);
        for (lane, other) in self.lanes.iter_mut().zip(other.lanes) {
            *lane = lane.wrapping_add(other);
        }
    }

    fn each(&mut self, hash: &Hash, with: fn(u64, u64) -> u64) {
        let (parts, _) = hash.as_chunks::<8>();
        for (lane, part) in self.lanes.iter_mut().zip(parts) {
            *lane = with(*lane, u64::from_be_bytes(*part));
        }
    }
}

/// The bucket of a record.
#[must_use]
pub fn bucket(key: &Key) -> u16 {
    let mut hash = Sha256::new();
    hash.update(key.kind.word());
    hash.update([0]);
    hash.update(key.owner.0.as_bytes());
    hash.update(key.id.as_bytes());
    let hash: Hash = hash.finalize().into();
    u16::from_be_bytes([hash[0], hash[1]]) >> 4
}

impl Record {
    /// The bytes that are the same for the same record, and for no other.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        match self {
            Self::User(user) => user.row(Form::Record, &mut out),
            Self::Settings(settings) => settings.row(Form::Record, &mut out),
            Self::Exercise(exercise) => exercise.row(Form::Record, &mut out),
            Self::Workout(workout) => workout.aggregate(&mut out),
            Self::History(entry) => entry.row(Form::Record, &mut out),
        }
        out
    }

    #[must_use]
    pub fn hash(&self) -> Hash {
        Sha256::digest(self.canonical()).into()
    }
}

impl WorkoutRecord {
    fn aggregate(&self, out: &mut Vec<u8>) {
        self.row(Form::Record, out);
        let mut exercises: Vec<_> = self.exercises.iter().collect();
        exercises.sort_by_key(|exercise| (exercise.order_index, exercise.id));
        for exercise in exercises {
            out.push(EXERCISE_FOLLOWS);
            exercise.row(Form::Record, out);
            let mut sets: Vec<_> = exercise.sets.iter().collect();
            sets.sort_by_key(|set| (set.order_index, set.id));
            for set in sets {
                out.push(SET_FOLLOWS);
                set.row(Form::Record, out);
            }
        }
    }
}

#[cfg(test)]
mod tests;
