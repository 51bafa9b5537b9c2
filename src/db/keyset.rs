//! Reading on from a place in a list, in either direction.

/// Orders a query by a key and, where keys are equal, by what tells rows apart; upwards or downwards. Where
/// there is a place to read on from, the row there and all before it are left out.
///
/// The key is compared twice: by itself, so that an index on it finds where to begin, and again together
/// with what breaks ties. An "or" of both cases alone would read the index from its end.
macro_rules! keyset {
    ($query:expr, $key:expr, $tie:expr, $upwards:expr, $from:expr) => {{
        let (mut query, upwards) = ($query, $upwards);
        if let Some((key, last)) = $from {
            query = if upwards {
                let beyond = $key.gt(key.clone()).or($tie.gt(last));
                query.filter($key.ge(key)).filter(beyond)
            } else {
                let beyond = $key.lt(key.clone()).or($tie.lt(last));
                query.filter($key.le(key)).filter(beyond)
            };
        }
        if upwards {
            query.order(($key.asc(), $tie.asc()))
        } else {
            query.order(($key.desc(), $tie.desc()))
        }
    }};
}

pub(crate) use keyset;
