//! What makes requests cheap changes nothing of their answers, and stays: short ways agree with the long
//! ones, rows read in part with whole ones, and no statement multiplies or reads a whole table.

mod alone;
mod columns;
mod data;
mod multiplied;
mod plans;
mod prepared;
