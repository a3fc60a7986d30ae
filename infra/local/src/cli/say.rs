//! Words for the person at the terminal, who may have stopped reading: `logs | head` closes our output half way.

use std::{
    fmt::Arguments,
    io::{ErrorKind, Write as _},
    process::exit,
    sync::atomic::{AtomicBool, Ordering},
};

/// What a shell reports of a program that wrote to a closed pipe: 128 and the number of SIGPIPE.
const BROKEN_PIPE: i32 = 141;

/// Whether this process has more to do than to speak.
static GOES_ON: AtomicBool = AtomicBool::new(false);

/// A line, as `println!` prints it. When nobody reads any more, the program ends without a word.
macro_rules! say {
    ($($argument:tt)*) => { $crate::cli::say::line(format_args!($($argument)*)) };
}

/// A part of a line, to be seen at once.
macro_rules! say_part {
    ($($argument:tt)*) => { $crate::cli::say::part(format_args!($($argument)*)) };
}

/// From here on, output that nobody reads is lost and the process goes on: a stack is more than its words.
pub fn goes_on() {
    GOES_ON.store(true, Ordering::Relaxed);
}

pub fn line(words: Arguments<'_>) {
    part(format_args!("{words}\n"));
}

pub fn part(words: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    let written = out.write_fmt(words).and_then(|()| out.flush());
    if let Err(error) = written
        && !GOES_ON.load(Ordering::Relaxed)
    {
        exit(if error.kind() == ErrorKind::BrokenPipe { BROKEN_PIPE } else { 1 });
    }
}
