//! Finding the end of a value, by its brackets and quotes alone.

/// How far a value was passed.
#[derive(Default)]
pub(super) struct Passing {
    /// What closes the brackets that are open.
    open: Vec<u8>,
    quoted: bool,
    escaped: bool,
    begun: bool,
}

impl Passing {
    /// How many of these bytes are the value's, and whether it ends with them.
    pub(super) fn through(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, byte) in bytes.iter().copied().enumerate() {
            if self.quoted {
                // No text goes over a line: an end that is missing must not swallow the file.
                self.quoted = byte != b'\n' && (byte != b'"' || self.escaped);
                self.escaped = byte == b'\\' && !self.escaped;
            } else {
                match byte {
                    b'"' => self.quoted = true,
                    b'{' | b'[' => self.open.push(byte + 2),
                    b'}' | b']' => match self.open.iter().rposition(|closer| *closer == byte) {
                        Some(level) => self.open.truncate(level),
                        None => return (at, true),
                    },
                    b',' | b' ' | b'\n' | b'\r' | b'\t' | b':'
                        if self.open.is_empty() && self.begun =>
                    {
                        return (at, true);
                    }
                    _ => {}
                }
            }
            self.begun = true;
            if self.open.is_empty() && !self.quoted && matches!(byte, b'"' | b'}' | b']' | b'\n') {
                return (at + 1, true);
            }
        }
        (bytes.len(), false)
    }
}
