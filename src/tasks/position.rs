//! Places in a list that people arrange by hand. A place is a short text that is compared byte by byte,
//! and between any two of them there is room for another: a task is moved by writing one row. This is
//! the scheme known as fractional indexing, with the digits `0-9A-Za-z`, so that clients which work
//! offline can make places of their own.
//!
//! A place is a whole number and a fraction. The first letter says how long the number is: `a0` to `az`,
//! then `b00`, and downwards `Zz` to `Z0`, then `Yzz`. The fraction follows and never ends in `0`.

/// The longest place that is kept; a list that would need a longer one is numbered anew.
pub const LONGEST: usize = 200;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether this is a place as described above.
pub fn is_place(text: &str) -> bool {
    text.len() <= LONGEST && parts(text.as_bytes()).is_some()
}

/// A place strictly between two others; where one is missing, before or behind all. There is none if
/// the two are not in order, are no places, or leave room only for one that is too long.
pub fn between(low: Option<&str>, high: Option<&str>) -> Option<String> {
    let place = match (low, high) {
        (None, None) => b"a0".to_vec(),
        (Some(low), None) => after(low.as_bytes())?,
        (None, Some(high)) => before(high.as_bytes())?,
        (Some(low), Some(high)) if low < high => inside(low.as_bytes(), high.as_bytes())?,
        (Some(_), Some(_)) => return None,
    };
    String::from_utf8(place).ok().filter(|it| is_place(it))
}

/// The places of a list of this many, as short as can be.
pub fn numbered(count: usize) -> Vec<String> {
    let mut places: Vec<String> = Vec::with_capacity(count);
    for _ in 0..count {
        places.extend(between(places.last().map(String::as_str), None));
    }
    places
}

fn after(low: &[u8]) -> Option<Vec<u8>> {
    let (whole, fraction) = parts(low)?;
    Some(match next(whole) {
        Some(next) => next,
        None => [whole, &middle(fraction, None)].concat(),
    })
}

fn before(high: &[u8]) -> Option<Vec<u8>> {
    let (whole, fraction) = parts(high)?;
    if !fraction.is_empty() && !is_least(whole) {
        return Some(whole.to_vec());
    }
    Some(match previous(whole).filter(|it| !is_least(it)) {
        Some(previous) => previous,
        // The least number is no place by itself, but with a fraction it is.
        None if is_least(whole) => [whole, &middle(b"", Some(fraction))].concat(),
        None => [previous(whole)?.as_slice(), &middle(b"", None)].concat(),
    })
}

fn inside(low: &[u8], high: &[u8]) -> Option<Vec<u8>> {
    let (low_whole, low_fraction) = parts(low)?;
    let (high_whole, high_fraction) = parts(high)?;
    if low_whole == high_whole {
        let fraction = middle(low_fraction, Some(high_fraction));
        return Some([low_whole, &fraction].concat());
    }
    match next(low_whole) {
        Some(next) if next.as_slice() < high => Some(next),
        _ => Some([low_whole, &middle(low_fraction, None)].concat()),
    }
}

/// The whole number and the fraction of a place, if it is one.
fn parts(place: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = match *place.first()? {
        head @ b'a'..=b'z' => head - b'a' + 2,
        head @ b'A'..=b'Z' => b'Z' - head + 2,
        _ => return None,
    };
    let (whole, fraction) = place.split_at_checked(usize::from(length))?;
    let sound = place.iter().all(u8::is_ascii_alphanumeric)
        && fraction.last() != Some(&b'0')
        && !(is_least(whole) && fraction.is_empty());
    sound.then_some((whole, fraction))
}

/// `A` and zeros: nothing comes before it.
fn is_least(whole: &[u8]) -> bool {
    whole.first() == Some(&b'A') && whole[1..].iter().all(|digit| *digit == b'0')
}

fn next(whole: &[u8]) -> Option<Vec<u8>> {
    let mut number = whole.to_vec();
    for digit in number[1..].iter_mut().rev() {
        let value = value_of(*digit) + 1;
        *digit = DIGITS[value % DIGITS.len()];
        if value < DIGITS.len() {
            return Some(number);
        }
    }
    match number[0] {
        b'Z' => Some(b"a0".to_vec()),
        b'z' => None,
        head => {
            number[0] = head + 1;
            if head >= b'a' {
                number.push(b'0');
            } else {
                number.pop();
            }
            Some(number)
        }
    }
}

fn previous(whole: &[u8]) -> Option<Vec<u8>> {
    let mut number = whole.to_vec();
    for digit in number[1..].iter_mut().rev() {
        if let Some(value) = value_of(*digit).checked_sub(1) {
            *digit = DIGITS[value];
            return Some(number);
        }
        *digit = b'z';
    }
    match number[0] {
        b'a' => Some(b"Zz".to_vec()),
        b'A' => None,
        head => {
            number[0] = head - 1;
            if head <= b'Z' {
                number.push(b'z');
            } else {
                number.pop();
            }
            Some(number)
        }
    }
}

/// A fraction between two others; without a second one, below the next whole number.
fn middle(low: &[u8], high: Option<&[u8]>) -> Vec<u8> {
    let mut fraction = Vec::new();
    let (mut low, mut high) = (low, high);
    loop {
        let from = low.first().map_or(0, |digit| value_of(*digit));
        let to = match high {
            Some(high) => high.first().map_or(0, |digit| value_of(*digit)),
            None => DIGITS.len(),
        };
        low = low.get(1..).unwrap_or_default();
        if to > from + 1 {
            fraction.push(DIGITS[(from + to).div_ceil(2)]);
            return fraction;
        }
        if to > from {
            // Neighbours: the upper one cut short lies between, or else something above the lower.
            if let Some([digit, _, ..]) = high {
                fraction.push(*digit);
                return fraction;
            }
            high = None;
        } else {
            high = high.and_then(|high| high.get(1..));
        }
        fraction.push(DIGITS[from]);
    }
}

fn value_of(digit: u8) -> usize {
    usize::from(match digit {
        b'0'..=b'9' => digit - b'0',
        b'A'..=b'Z' => digit - b'A' + 10,
        _ => digit.saturating_sub(b'a') + 36,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_the_one_that_clients_know() {
        for (low, high, place) in [
            (None, None, "a0"),
            (Some("a0"), None, "a1"),
            (Some("az"), None, "b00"),
            (Some("b99"), None, "b9A"),
            (
                Some("zzzzzzzzzzzzzzzzzzzzzzzzzzz"),
                None,
                "zzzzzzzzzzzzzzzzzzzzzzzzzzzV",
            ),
            (None, Some("a0"), "Zz"),
            (None, Some("Z0"), "Yzz"),
            (None, Some("a0V"), "a0"),
            (Some("Zz"), Some("a0"), "ZzV"),
            (Some("a0"), Some("a1"), "a0V"),
            (Some("a0V"), Some("a1"), "a0l"),
            (Some("Zz"), Some("a01"), "a0"),
            (Some("a0"), Some("a0V"), "a0G"),
            (Some("a0"), Some("a0G"), "a08"),
            (Some("b125"), Some("b129"), "b127"),
            (Some("a0"), Some("a1V"), "a1"),
            (Some("a1"), Some("a1001"), "a1000V"),
        ] {
            assert_eq!(
                between(low, high).as_deref(),
                Some(place),
                "{low:?} {high:?}"
            );
        }
    }

    #[test]
    fn nothing_is_made_between_what_is_no_place_or_not_in_order() {
        let long = format!("a0{}V", "1".repeat(LONGEST));
        for text in ["", "a", "0", "a00", "a0 ", "b0", "ä0", "a0V0", "a0-", "1a"] {
            assert!(!is_place(text), "{text}");
            assert_eq!(between(Some(text), None), None, "{text}");
            assert_eq!(between(None, Some(text)), None, "{text}");
        }
        assert!(!is_place(&format!("A{:0>26}", 0)));
        assert!(!is_place(&long));
        assert_eq!(between(Some("a1"), Some("a0")), None);
        assert_eq!(between(Some("a1"), Some("a1")), None);
    }

    /// Where to insert next: numbers that are as good as drawn, and the same in every run.
    fn dice(seed: u64) -> impl FnMut(usize) -> usize {
        let mut state = seed;
        move |sides| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % sides
        }
    }

    #[test]
    fn thousands_of_random_inserts_stay_in_order_and_short() {
        for seed in 0..4 {
            let mut roll = dice(seed);
            let mut list: Vec<String> = Vec::new();
            for _ in 0..3000 {
                let at = roll(list.len() + 1);
                let low = at.checked_sub(1).map(|index| list[index].as_str());
                let place = between(low, list.get(at).map(String::as_str)).unwrap();
                assert!(is_place(&place), "{place}");
                list.insert(at, place);
            }
            assert!(list.is_sorted_by(|a, b| a < b));
            let longest = list.iter().map(String::len).max().unwrap();
            assert!(longest < 20, "{longest}");
        }
    }

    #[test]
    fn one_end_grows_slowly_and_one_gap_by_a_sixth_of_a_digit() {
        let (mut first, mut last) = ("a0".to_owned(), "a0".to_owned());
        for _ in 0..10_000 {
            let (lower, higher) = (
                between(None, Some(&first)).unwrap(),
                between(Some(&last), None).unwrap(),
            );
            assert!(lower < first && last < higher);
            (first, last) = (lower, higher);
        }
        assert!(first.len() <= 5 && last.len() <= 5, "{first} {last}");

        let mut high = "a1".to_owned();
        let mut inserts = 0;
        while let Some(place) = between(Some("a0"), Some(&high)) {
            assert!("a0" < place.as_str() && place < high);
            high = place;
            inserts += 1;
        }
        assert!(inserts > 900, "{inserts}");
    }

    #[test]
    fn there_is_room_before_even_the_least_number() {
        let mut high = format!("A{:0>26}", 2);
        for _ in 0..50 {
            let place = between(None, Some(&high)).unwrap();
            assert!(place < high, "{place} {high}");
            high = place;
        }
    }

    #[test]
    fn a_list_is_numbered_in_order() {
        let places = numbered(5000);
        assert_eq!(places.len(), 5000);
        assert!(places.is_sorted_by(|a, b| a < b));
        assert!(places.iter().all(|place| place.len() <= 4));
    }
}
