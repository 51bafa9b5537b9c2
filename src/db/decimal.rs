//! Exact numbers: weights and ratings as they were entered, never rounded through binary fractions.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, InputType, InputValueError, InputValueResult, Number, OutputType,
    Positioned, ServerResult, Value, parser::types::Field, registry::Registry,
};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue, data_types::PgNumeric},
    serialize::{self, Output, ToSql},
    sql_types::Numeric,
};
use rust_decimal::Decimal as Exact;
use serde::{Deserialize, Serialize, Serializer};

use crate::json::WriteJson;

/// A decimal number: `numeric` in the database, `Float` in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Numeric)]
pub struct Decimal(pub Exact);

impl Decimal {
    pub const ONE: Self = Self(Exact::ONE);
    /// Less than anybody means by a number that they write.
    pub const NOISE: Self = Self(Exact::from_parts(1, 0, 0, false, 9));

    /// The number nearest to `value`, as a person would have written it: `0.1` is one tenth.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        value.to_string().parse().ok().map(Self)
    }

    fn to_number(self) -> Number {
        let exact = self.0.normalize();
        // The conversion alone would cut a fraction off.
        if exact.scale() == 0
            && let Ok(whole) = i64::try_from(exact)
        {
            return whole.into();
        }
        // Rust prints no more digits than there are, so it is shown as it was written.
        let value: f64 = exact.try_into().unwrap_or_default();
        Number::from_f64(value).unwrap_or_else(|| 0.into())
    }
}

/// Accepts any JSON number; used for files that people write.
impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Self::from_f64(value).ok_or_else(|| serde::de::Error::custom("not a decimal number"))
    }
}

/// A JSON number, with as many digits as a `f64` holds.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.to_number() {
            number if number.is_f64() => {
                serializer.serialize_f64(number.as_f64().unwrap_or_default())
            }
            number => serializer.serialize_i64(number.as_i64().unwrap_or_default()),
        }
    }
}

impl WriteJson for Decimal {
    /// The digits themselves, which are no more than what a `f64` holds; others go the long way.
    fn write_json(&self, out: &mut Vec<u8>) {
        const EXACT: i128 = 1_000_000_000_000_000;

        let (mut mantissa, mut scale) = (self.0.mantissa(), self.0.scale());
        if !(-EXACT..=EXACT).contains(&mantissa) || scale > 15 {
            return self
                .to_number()
                .as_f64()
                .unwrap_or_default()
                .write_json(out);
        }
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        if mantissa < 0 {
            out.push(b'-');
        }
        let digits = mantissa.unsigned_abs().to_string();
        let scale = scale as usize;
        if scale == 0 {
            out.extend_from_slice(digits.as_bytes());
            return;
        }
        let whole = digits.len().saturating_sub(scale);
        let (whole, fraction) = digits.split_at(whole);
        out.extend_from_slice(if whole.is_empty() {
            b"0"
        } else {
            whole.as_bytes()
        });
        out.push(b'.');
        out.resize(out.len() + scale - fraction.len(), b'0');
        out.extend_from_slice(fraction.as_bytes());
    }
}

impl FromSql<Numeric, Pg> for Decimal {
    /// The wire holds base-10000 digits, the power of the first, and how many decimals to show.
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let words: Vec<u16> = value
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect();
        let [_, weight, sign, scale, digits @ ..] = words.as_slice() else {
            return Err("a numeric value is too short".into());
        };
        if *sign != 0 && *sign != 0x4000 {
            return Err("a numeric value is not a number".into());
        }
        let mut mantissa: i128 = 0;
        for digit in digits {
            mantissa = mantissa * 10_000 + i128::from(*digit);
        }
        let weight = i32::from(weight.cast_signed());
        let digits = i32::try_from(digits.len())?;
        let places = (digits - 1 - weight) * 4;
        let (mantissa, places) = at_scale(mantissa, places, i32::from(*scale));
        let mut number = Exact::try_from_i128_with_scale(mantissa, u32::try_from(places)?)?;
        number.set_sign_negative(*sign == 0x4000 && mantissa != 0);
        Ok(Self(number))
    }
}

/// Moves the decimal point: the wire counts places in fours, the column in ones.
const fn at_scale(mut mantissa: i128, mut places: i32, scale: i32) -> (i128, i32) {
    while places > scale {
        mantissa /= 10;
        places -= 1;
    }
    while places < scale {
        mantissa *= 10;
        places += 1;
    }
    (mantissa, places)
}

impl ToSql<Numeric, Pg> for Decimal {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let numeric = to_numeric(self.0);
        ToSql::<Numeric, Pg>::to_sql(&numeric, &mut out.reborrow())
    }
}

impl Decimal {
    /// Writes the number as PostgreSQL does on the wire, where no spelling is shorter: `80.000` as `80`.
    pub fn write_shortest(&self, out: &mut Vec<u8>) {
        let (PgNumeric::Positive {
            weight,
            scale,
            mut digits,
        }
        | PgNumeric::Negative {
            weight,
            scale,
            mut digits,
        }) = to_numeric(self.0.normalize())
        else {
            return;
        };
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let (count, zero) = (
            i16::try_from(digits.len()).unwrap_or_default(),
            digits.is_empty(),
        );
        let sign = if self.0.is_sign_negative() && !zero {
            NEGATIVE
        } else {
            0
        };
        let weight = if zero { 0 } else { weight };
        for word in [count, weight, sign, scale.cast_signed()]
            .into_iter()
            .chain(digits)
        {
            out.extend_from_slice(&word.to_be_bytes());
        }
    }
}

const NEGATIVE: i16 = 0x4000;

fn to_numeric(number: Exact) -> PgNumeric {
    let scale = number.scale();
    let padding = (4 - scale % 4) % 4;
    let mut rest = number.mantissa().unsigned_abs() * 10_u128.pow(padding);
    let mut digits = Vec::new();
    while rest > 0 {
        digits.push(i16::try_from(rest % 10_000).unwrap_or_default());
        rest /= 10_000;
    }
    digits.reverse();
    let whole = i32::try_from(digits.len()).unwrap_or_default();
    let fraction = i32::try_from((scale + padding) / 4).unwrap_or_default();
    let weight = i16::try_from(whole - fraction - 1).unwrap_or_default();
    let scale = u16::try_from(scale).unwrap_or_default();
    if number.is_sign_negative() {
        PgNumeric::Negative {
            weight,
            scale,
            digits,
        }
    } else {
        PgNumeric::Positive {
            weight,
            scale,
            digits,
        }
    }
}

impl InputType for Decimal {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <f64 as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <f64 as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let value = value.unwrap_or_default();
        let Value::Number(number) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        number
            .to_string()
            .parse()
            .ok()
            .or_else(|| Exact::from_scientific(&number.to_string()).ok())
            .map(Self)
            .ok_or_else(|| InputValueError::custom(format!("`{number}` has too many digits")))
    }

    fn to_value(&self) -> Value {
        Value::Number(self.to_number())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl OutputType for Decimal {
    fn type_name() -> Cow<'static, str> {
        <f64 as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <f64 as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(Value::Number(self.to_number()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_keeps_every_digit() {
        for text in [
            "0",
            "0.001",
            "1",
            "-2.5",
            "99999.999",
            "10000",
            "123456789012.34",
            "0.64",
        ] {
            let number: Exact = text.parse().unwrap();
            let (sign, weight, scale, digits) = match to_numeric(number) {
                PgNumeric::Positive {
                    weight,
                    scale,
                    digits,
                } => (0, weight, scale, digits),
                PgNumeric::Negative {
                    weight,
                    scale,
                    digits,
                } => (0x4000, weight, scale, digits),
                PgNumeric::NaN => unreachable!(),
            };
            let mut wire = Vec::new();
            let count = u16::try_from(digits.len()).unwrap();
            for word in [count, weight.cast_unsigned(), sign, scale] {
                wire.extend(word.to_be_bytes());
            }
            wire.extend(digits.iter().flat_map(|digit| digit.to_be_bytes()));
            let type_oid = std::num::NonZeroU32::new(1700).unwrap();
            let back = Decimal::from_sql(PgValue::new(&wire, &type_oid)).unwrap();
            assert_eq!(back.0.to_string(), text);
        }
    }

    #[test]
    fn a_number_is_shown_as_it_was_written() {
        for (text, shown) in [
            ("80.000", "80"),
            ("7.5", "7.5"),
            ("0.64", "0.64"),
            ("0", "0"),
            ("0.000", "0"),
            ("-0.050", "-0.05"),
            ("-12.5", "-12.5"),
            ("99999.999", "99999.999"),
            ("0.001", "0.001"),
            ("100", "100"),
            ("12345678901234567890", "1.2345678901234567e+19"),
        ] {
            let number = Decimal(text.parse().unwrap());
            let mut written = Vec::new();
            number.write_json(&mut written);
            let written = String::from_utf8(written).unwrap();
            assert_eq!(written, shown);
            let same: f64 = number.to_number().to_string().parse().unwrap();
            assert_eq!(written.parse(), Ok(same), "{text}");
        }
    }
}
