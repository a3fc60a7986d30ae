//! Which panics count. In production a file is read in a thread of a child process, and a panic there is a damaged
//! file, whoever panics. A third party's is no more than that; ours is a mistake to be found.

use std::{cell::Cell, panic, sync::Once, thread};

/// The stack that production's child reads files with.
const STACK_BYTES: usize = 256 * 1024 * 1024;
/// Where cargo keeps the sources of others.
const OTHERS: &str = "/registry/src/";

thread_local! {
    static READS: Cell<bool> = const { Cell::new(false) };
}

/// Does work as production's child does it; `None` after a third party's panic. Any other ends the process.
pub(crate) fn contained<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    static ONCE: Once = Once::new();
    ONCE.call_once(tell_apart);
    thread::scope(|scope| {
        let reading = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || {
            READS.set(true);
            work()
        });
        reading.expect("a thread").join().ok()
    })
}

/// libFuzzer's own hook ends the process at every panic.
fn tell_apart() {
    let end = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let is_others = panic.location().is_some_and(|location| location.file().contains(OTHERS));
        if !(is_others && READS.get()) {
            end(panic);
        }
    }));
}
