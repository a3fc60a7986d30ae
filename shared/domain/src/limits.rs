//! Every limit of the product, by name. What is shown and what is enforced is this number.

/// Characters (Unicode scalar values, after trimming) of a user's message.
pub const USER_MESSAGE_CHARACTERS: usize = 2_000;
/// Characters of an assistant's message.
pub const ASSISTANT_MESSAGE_CHARACTERS: usize = 10_000;
/// Bytes of a request's body: files travel by presigned S3 requests.
pub const BODY_BYTES: usize = 1_048_576;
/// Characters of a session's `device_type`.
pub const DEVICE_TYPE_CHARACTERS: usize = 50;
/// Rows of a page of a list: at most, and when not asked.
pub const PAGE_ROWS: u32 = 100;
/// Rows of a page when the caller does not say.
pub const PAGE_ROWS_DEFAULT: u32 = 20;
/// Passages a search returns at most, and when not asked.
pub const SEARCH_RESULTS: u32 = 50;
/// Passages a search returns when the caller does not say.
pub const SEARCH_RESULTS_DEFAULT: u32 = 10;
/// Candidates of each leg of a search, whatever the number of results wanted.
pub const SEARCH_CANDIDATES: u32 = 50;

/// Bytes of a document's object.
pub const DOCUMENT_BYTES: u64 = 200 * 1024 * 1024;
/// Bytes of the text read from a document: a book is about one million.
pub const EXTRACTED_TEXT_BYTES: usize = 20 * 1024 * 1024;
/// Pages of a document.
pub const DOCUMENT_PAGES: usize = 5_000;
/// Chunks of a document.
pub const DOCUMENT_CHUNKS: usize = 50_000;
/// Bytes that an archive (DOCX is one) may unpack to.
pub const UNPACKED_BYTES: u64 = 500 * 1024 * 1024;
/// Files that an archive may hold.
pub const ARCHIVE_FILES: usize = 10_000;
/// Levels of elements that an XML or HTML document may nest.
pub const MARKUP_DEPTH: usize = 1_000;
/// Seconds that reading one document may take.
pub const EXTRACTION_SECONDS: u64 = 120;
/// Bytes of address space for reading one document.
/// Less than the function has (1,769 MB).
pub const EXTRACTION_MEMORY_BYTES: u64 = 1_280 * 1024 * 1024;
/// Characters of a document's title; longer ones are cut.
pub const TITLE_CHARACTERS: usize = 255;

/// Tokens of a chunk: the least a collection may ask for.
pub const CHUNK_TOKENS_LEAST: usize = 64;
/// Texts of one embedding call (Cohere on Bedrock: 1 to 96).
pub const EMBEDDING_BATCH: usize = 96;
/// Seconds that one document may take from GET to searchable: below the function's time-out.
pub const BUILD_SECONDS: u64 = 285;
/// Seconds after which a version under construction counts as abandoned: a function's time-out and slack.
pub const BUILD_LEASE_SECONDS: i64 = 310;

/// Messages of the history that go into a prompt at most.
pub const HISTORY_MESSAGES: u32 = 6;
/// Tokens that an answer may have when the config version does not say.
pub const ANSWER_TOKENS: u32 = 1_024;
/// Sentences of an answer that is asked for.
pub const ANSWER_SENTENCES: usize = 3;
