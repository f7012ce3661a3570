//! Recognition: any bytes under any options are a table with its columns, or refused in words.

#![no_main]

use std::io::Cursor;

use leadenrich::rows::read::open_reader;
use leadenrich_fuzz::{assert_shown, case};
use libfuzzer_sys::fuzz_target;

/// More than any refusal says: forty columns of eighty characters and some words.
const LONGEST: usize = 4_000;

fuzz_target!(|data: &[u8]| {
    let case = case(data);
    match open_reader(case.name, Cursor::new(case.bytes.to_vec()), &case.spec) {
        Ok(input) => {
            let layout = &input.layout;
            let columns = &layout.columns;
            assert_eq!(layout.own.len(), layout.headers.len());
            assert!(columns.id.is_some() || !columns.domains.is_empty(), "nothing is asked");
            for column in columns.domains.iter().chain(&columns.id) {
                // Behind the columns come the values within them that are asked.
                let cells = layout.headers.len() + layout.nested.len();
                assert!(*column < cells, "column {column} of {cells}");
            }
        }
        Err(error) => {
            assert_shown(&error.to_string(), LONGEST);
            assert_shown(&error.hint().unwrap_or_default(), LONGEST);
        }
    }
});
