//! Every limit of the product, by name. What is shown and what is enforced is this number.

/// Characters (Unicode scalar values, after trimming) of a user's message.
pub const USER_MESSAGE_CHARACTERS: usize = 2_000;
/// Characters of an assistant's message.
pub const ASSISTANT_MESSAGE_CHARACTERS: usize = 10_000;
/// Bytes of a request's body: files travel by presigned S3 requests.
pub const BODY_BYTES: usize = 1_048_576;
/// Bytes of a person's access token: its issuer's longest are about 2 KB.
pub const ACCESS_TOKEN_BYTES: usize = 8 * 1024;
/// Bytes of an end user's session token: the longest origin and the rest fit twice.
pub const SESSION_TOKEN_BYTES: usize = 1024;
/// Bytes of what an issuer says of itself and of its keys.
pub const KEY_SET_BYTES: usize = 1_048_576;
/// Keys of an issuer that are looked at.
pub const KEY_SET_KEYS: usize = 100;
/// Seconds that an issuer has to say them.
pub const KEY_SET_ANSWER_SECONDS: u64 = 5;
/// Seconds for which an issuer's keys are believed before it is asked again.
pub const KEY_SET_FRESH_SECONDS: i64 = 600;
/// Seconds for which they are believed when it does not answer.
pub const KEY_SET_STALE_SECONDS: i64 = 24 * 60 * 60;
/// Seconds between two questions about a key that is not among them: anybody can name one.
pub const KEY_SET_AGAIN_SECONDS: i64 = 30;
/// Seconds after which an issuer is asked again that did not answer and of which no key is known.
pub const KEY_SET_RETRY_SECONDS: i64 = 5;
/// Seconds by which an issuer's clock and ours may differ.
pub const CLOCK_LEEWAY_SECONDS: i64 = 60;
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
/// Bytes that one XML part of an archive may unpack to: readers hold it in memory.
pub const MARKUP_BYTES: u64 = 200 * 1024 * 1024;
/// Levels of elements that an XML or HTML document may nest.
pub const MARKUP_DEPTH: usize = 1_000;
/// Elements and texts of an HTML page: 50 MB of the shortest table cells are half of them.
pub const MARKUP_NODES: usize = 16_000_000;
/// Seconds that sorting out an HTML page's tags may take.
pub const MARKUP_SECONDS: u64 = 15;
/// Seconds that one tag of it may take: one with a million attributes would take hours.
pub const MARKUP_TAG_SECONDS: u64 = 2;
/// Pixels of a picture that is read by OCR: an A2 page at 300 dots an inch has 35 million.
pub const PICTURE_PIXELS: u64 = 100_000_000;
/// Bytes of such a picture, as its file.
pub const PICTURE_BYTES: u64 = 64 * 1024 * 1024;
/// Seconds that OCR of one page may take.
pub const OCR_SECONDS: u64 = 20;
/// Characters of one thing that a file says of itself (description, keywords); longer ones are cut.
pub const PROPERTY_CHARACTERS: usize = 1_000;
/// Paragraphs, headings, lists and tables of a document.
pub const DOCUMENT_BLOCKS: usize = 500_000;
/// Cells of a document's tables, with the empty ones between them.
pub const TABLE_CELLS: usize = 1_000_000;
/// Files attached to an e-mail that are read.
pub const MAIL_ATTACHMENTS: usize = 50;
/// Levels of e-mails attached to e-mails that are read.
pub const MAIL_DEPTH: usize = 2;
/// Levels by which a list's items are indented; deeper ones stand no further in.
pub const LIST_LEVELS: usize = 20;
/// Seconds that reading one document may take.
pub const EXTRACTION_SECONDS: u64 = 50;
/// Seconds of processor for reading a small document, and more for each of its megabytes, up to the limit of all:
/// what is small and takes long was made to.
pub const EXTRACTION_SECONDS_SMALL: u64 = 4;
/// Seconds for each megabyte.
pub const EXTRACTION_SECONDS_MEGABYTE: u64 = 10;
/// Seconds of processor for one page of a PDF; a full one takes some thousandths.
pub const PAGE_SECONDS: u64 = 3;
/// Bytes of address space for reading one document.
/// Less than the function has (1,769 MB).
pub const EXTRACTION_MEMORY_BYTES: u64 = 1_280 * 1024 * 1024;
/// Bytes of memory for reading a small document.
pub const EXTRACTION_MEMORY_SMALL_BYTES: u64 = 400 * 1024 * 1024;
/// More bytes of memory for each byte of the document: itself, its parser's copy, and what is unpacked from it.
pub const EXTRACTION_MEMORY_PER_BYTE: u64 = 3;
/// Characters of a document's title; longer ones are cut.
pub const TITLE_CHARACTERS: usize = 255;

/// Tokens of a chunk: the least a collection may ask for.
pub const CHUNK_TOKENS_LEAST: usize = 64;
/// Texts of one embedding call (Cohere on Bedrock: 1 to 96).
pub const EMBEDDING_BATCH: usize = 96;
/// Seconds of one unit of work at most: below the function's time-out. What is not done then goes on in another.
pub const UNIT_SECONDS: u64 = 60;
/// Seconds after which a unit begins nothing new.
pub const UNIT_BEGINS_SECONDS: u64 = 30;
/// Seconds that a worker is expected to be at its unit: a unit and slack.
pub const LEASE_SECONDS: f64 = 75.0;
/// Seconds that the removals of one notification may take before they are queued like all else: of ten messages, the size of a
/// batch, below the function's time-out.
pub const REMOVAL_SECONDS: u64 = 5;
/// Functions that may die at one version without a unit between them that came to its end: then the document is the cause.
pub const DEATHS: i32 = 4;
/// Curated answers that one file brings: their questions are embedded in one unit of work.
pub const CURATED_FILE: usize = 2_000;
/// Tokens of a contextual header, by estimate, and bytes; what a model writes beyond is cut.
pub const HEADER_TOKENS: usize = 64;
/// Bytes of it.
pub const HEADER_BYTES: usize = 400;
/// Bytes of a document that a model is shown to write a passage's header: of a longer one its beginning and what stands
/// around the passage, half and half.
pub const HEADER_DOCUMENT_BYTES: usize = 24_000;
/// Chunks that a unit embeds and writes at first, before it knows how long they take.
pub const CHUNKS_AT_FIRST: usize = 16;
/// Chunks that are embedded and written at a time, at most: progress is seen between them, and kept.
pub const CHUNKS_AT_ONCE: usize = 64;
/// Refused pages of a visit that its result names.
pub const REFUSED_PAGES_TOLD: usize = 50;
/// Units of an answer, a sentence or two each, whose nearness to the question is measured by a call of the embedding model.
pub const MEASURED_UNITS: usize = 3;
/// Characters of an organization's name.
pub const ORGANIZATION_NAME_CHARACTERS: usize = 255;
/// Milliseconds that an organization may call in time.
pub const SLA_MS: i64 = 600_000;
/// Tokens of a daily budget.
pub const BUDGET_TOKENS: i64 = 1_000_000_000_000;
/// Days of a retention at most: a century.
pub const RETENTION_DAYS: u32 = 36_500;
/// Seconds that a unit's measuring may take; then the answer goes on without.
pub const MEASURE_SECONDS: u64 = 2;
/// Seconds after which a re-embedding or a clean-up that is not over is begun anew by the daily comparison.
pub const JOB_SECONDS: f64 = 86_400.0;
/// Numbers of a vector at most: what pgvector's HNSW indexes as `halfvec`.
pub const VECTOR_DIMENSION: usize = 4_000;
/// Chunks that are copied at a time.
pub const COPIED_AT_ONCE: i32 = 500;

/// Messages of the history that are read for a prompt at most; [`HISTORY_TOKENS`] decides how many go into it.
pub const HISTORY_MESSAGES: u32 = 20;
/// Tokens of the history that go into a prompt, by estimate: the newest messages that fit.
pub const HISTORY_TOKENS: usize = 2_000;
/// Tokens of a question with what it carries over from the ones before it, by estimate: an embedding model reads 256.
pub const REWRITTEN_TOKENS: usize = 200;
/// Tokens of the history that a model reads to rewrite a follow-up, by estimate: the newest messages that fit.
pub const REWRITE_HISTORY_TOKENS: usize = 1_000;
/// Of one of these messages, from its beginning.
pub const REWRITE_MESSAGE_TOKENS: usize = 200;
/// Seconds that a model may take to rewrite a follow-up; then the rules do it.
pub const REWRITE_SECONDS: u64 = 5;
/// Characters that a calling program may add to a bot's instructions; what is beyond is cut.
pub const ADDED_INSTRUCTIONS_CHARACTERS: usize = 4_000;
/// Characters of a caller's own key for something that is to be done once.
pub const IDEMPOTENCY_KEY_CHARACTERS: usize = 255;
/// Hours for which it is known what came of it.
pub const IDEMPOTENCY_HOURS: i32 = 24;
/// Seconds after which something under way is given up: longer than a function runs.
pub const IDEMPOTENCY_LEASE_SECONDS: f64 = 310.0;
/// Minutes after which the token bucket of whoever does not call is forgotten; it was full after one.
pub const IDLE_BUCKET_MINUTES: i32 = 60;
/// Seconds from a turn's beginning until its answer must be written; the function itself has 300.
pub const ANSWER_SECONDS: u64 = 270;
/// Seconds that a question's vector is waited for; then the words alone search.
pub const QUESTION_VECTOR_SECONDS: u64 = 20;
/// Seconds that a reranker is waited for; then passages keep their order.
pub const RERANK_SECONDS: u64 = 10;
/// Characters of a session's title.
pub const SESSION_TITLE_CHARACTERS: usize = 255;
/// Bytes, as JSON, of what a caller keeps with a session, and of where its person is.
pub const SESSION_CONTEXT_BYTES: usize = 16 * 1024;
/// Characters of a session's description.
pub const SESSION_DESCRIPTION_CHARACTERS: usize = 2_000;
/// Characters of a session's category.
pub const SESSION_CATEGORY_CHARACTERS: usize = 100;
/// Tags of a session.
pub const SESSION_TAGS: usize = 20;
/// Characters of a session's tag.
pub const SESSION_TAG_CHARACTERS: usize = 50;
/// Chatbots that a list of models names.
pub const MODELS: u32 = 1_000;
/// Texts of one call for embeddings.
pub const EMBEDDED_TEXTS: usize = 256;
/// Tokens that an answer may have when the config version does not say.
pub const ANSWER_TOKENS: u32 = 1_024;
/// Characters of a source's words that a citation quotes.
pub const QUOTED_CHARACTERS: usize = 600;
/// Sentences of an answer that is asked for.
pub const ANSWER_SENTENCES: usize = 3;

/// Bytes of a web page's address.
pub const WEB_URL_BYTES: usize = 2_048;
/// Bytes of a web page or a sitemap, unpacked.
pub const WEB_PAGE_BYTES: usize = 20 * 1024 * 1024;
/// Bytes of an answer's header fields.
pub const WEB_HEADER_BYTES: usize = 64 * 1024;
/// Bytes from a page's beginning in which its wish not to be indexed is looked for.
pub const WEB_HEAD_BYTES: usize = 1024 * 1024;
/// Bytes of an ETag or a date that are kept for the next visit; a longer one is not kept.
pub const WEB_VALIDATOR_BYTES: usize = 1_024;
/// Redirects that are followed from one address.
pub const WEB_REDIRECTS: usize = 5;
/// Seconds for one connection to a web server.
pub const WEB_CONNECT_SECONDS: u64 = 5;
/// Seconds for one page with its redirects; waiting because a site asks for it is not counted.
pub const WEB_FETCH_SECONDS: u64 = 15;
/// Seconds for one robots.txt with its redirects.
pub const WEB_ROBOTS_SECONDS: u64 = 5;
/// Bytes of a robots.txt that are read, as RFC 9309 asks for; the rest is ignored.
pub const WEB_ROBOTS_BYTES: usize = 500 * 1024;
/// Seconds between two requests to a site, however many more it asks for.
pub const WEB_CRAWL_DELAY_SECONDS: u64 = 5;
/// Bytes of a web page's part of an object key. With the slugs before it, it stays below S3's 1,024.
pub const WEB_KEY_BYTES: usize = 800;
/// Days that a sitemap's word for "not changed" is believed before a page is asked itself.
pub const WEB_TRUST_DAYS: i64 = 7;
/// Pages of a source.
pub const SITEMAP_PAGES: usize = 5_000;
/// Addresses in one sitemap file, as its protocol says.
pub const SITEMAP_ADDRESSES: usize = 50_000;
/// Sitemap files that a sitemap index may name.
pub const SITEMAP_FILES: usize = 50;
/// Levels of elements in a sitemap; the protocol needs three.
pub const SITEMAP_DEPTH: usize = 16;
/// Seconds for a sitemap with all its files and the waits between them.
pub const SITEMAP_SECONDS: u64 = 20;

/// Fields of a collection's metadata schema.
pub const METADATA_FIELDS: usize = 50;
/// Bytes of a metadata field's name.
pub const METADATA_NAME_BYTES: usize = 50;
/// Characters of a metadata value, and of a chunk type rule's condition.
pub const METADATA_VALUE_CHARACTERS: usize = 200;
/// Values that a metadata field's list of allowed ones may hold.
pub const METADATA_ALLOWED_VALUES: usize = 200;
/// Characters of a metadata field's description.
pub const METADATA_DESCRIPTION_CHARACTERS: usize = 500;
/// Chunk type rules of a collection.
pub const CHUNK_TYPE_RULES: usize = 50;
/// Bytes of a Markdown file's front matter, and of what is taken from it: longer is not front matter.
pub const FRONT_MATTER_BYTES: usize = 8 * 1024;

/// Bytes of an object's key (S3).
pub const OBJECT_KEY_BYTES: usize = 1_024;
/// Bytes of what is said with an object, names and values together (S3).
pub const OBJECT_METADATA_BYTES: usize = 2_048;
/// Characters of a file's type, as its uploader says it.
pub const CONTENT_TYPE_CHARACTERS: usize = 100;
/// Seconds for which a form that uploads a document is good.
pub const UPLOAD_SECONDS: u64 = 900;
/// Seconds for which a link to a document is good.
pub const DOWNLOAD_SECONDS: u64 = 300;
/// For how long the link of a citation opens its document: as long as somebody reads an answer.
pub const CITATION_LINK_SECONDS: u64 = 900;
/// Hosts that a chatbot's answers may link to.
pub const ALLOWED_HOSTS: usize = 50;
/// Characters of a host's name (RFC 1035).
pub const HOST_CHARACTERS: usize = 253;
/// Titles of the best passages that are named where no answer was found.
pub const SEARCHED_TITLES: usize = 3;
/// Characters that a list of documents is searched for.
pub const LIST_QUERY_CHARACTERS: usize = 200;
/// Characters of a chatbot's name.
pub const CHATBOT_NAME_CHARACTERS: usize = 255;
/// Characters of what a bot is told to be.
pub const SYSTEM_PROMPT_CHARACTERS: usize = 20_000;
/// Characters of what a bot says first, or when it has no answer.
pub const SAID_CHARACTERS: usize = 2_000;
/// Models whose terms are kept at once.
pub const AI_MODELS: usize = 100;
/// Characters of a provider's name.
pub const PROVIDER_CHARACTERS: usize = 50;
/// Characters of a model's name for people.
pub const MODEL_NAME_CHARACTERS: usize = 255;
/// Characters of a model's id.
pub const MODEL_ID_CHARACTERS: usize = 256;
/// Passages that go into a prompt, at most.
pub const RETRIEVAL_K: i64 = 100;
/// Tokens of passages that go into a prompt, at most.
pub const CONTEXT_WINDOW_TOKENS: i64 = 200_000;
/// Tokens of an answer, at most.
pub const ANSWER_TOKENS_MOST: i64 = 16_000;
/// Collections, or documents, that a chatbot is linked to one by one.
pub const CHATBOT_LINKS: usize = 1_000;
/// Values of one field of a chatbot's knowledge base filter.
pub const FILTER_VALUES: usize = 200;
/// Calls a minute, and at once, of an API key of which nobody said otherwise.
pub const KEY_CALLS_PER_MINUTE: i32 = 3_000;
/// Calls a minute that a key can be given.
pub const KEY_CALLS_PER_MINUTE_MOST: i32 = 1_000_000;
/// Calls a minute, and at once, of a person.
pub const PERSON_CALLS_PER_MINUTE: i32 = 600;
/// Calls a minute, and at once, with the token of one session: an end user asks and reads on.
pub const SESSION_CALLS_PER_MINUTE: i32 = 60;
/// Hours for which a session's token is good when the organization does not say (`session_expiry_hours`).
pub const SESSION_TOKEN_HOURS: u32 = 24;
/// The most it may say.
pub const SESSION_TOKEN_HOURS_MOST: i64 = 720;
/// Days for which an invitation is open when nobody says otherwise.
pub const INVITATION_DAYS_DEFAULT: i64 = 14;
/// Days for which it can be.
pub const INVITATION_DAYS: i64 = 90;
/// Bytes of an e-mail address (RFC 5321, 4.5.3.1).
pub const EMAIL_BYTES: usize = 320;
/// Characters of a person's name.
pub const DISPLAY_NAME_CHARACTERS: usize = 255;
/// Characters of the part of the organization that a person is of.
pub const ORG_UNIT_CHARACTERS: usize = 255;
/// Seconds for which a function remembers which organization a person belongs to. What they may do there is looked up
/// with every call.
pub const MEMBERSHIP_SECONDS: u64 = 60;
/// People that it remembers so.
pub const MEMBERSHIPS: usize = 10_000;
/// Organizations of one person that are named to them when they do not say which they mean.
pub const ORGANIZATIONS_TOLD: usize = 20;
/// Characters of an API key's name.
pub const KEY_NAME_CHARACTERS: usize = 255;
/// Characters of a product's name.
pub const PRODUCT_NAME_CHARACTERS: usize = 255;
/// Characters of a product's category.
pub const PRODUCT_CATEGORY_CHARACTERS: usize = 100;
/// Characters of a product's SKU.
pub const PRODUCT_SKU_CHARACTERS: usize = 50;
/// Characters of a collection's name.
pub const COLLECTION_NAME_CHARACTERS: usize = 255;
/// Characters of a collection's description.
pub const COLLECTION_DESCRIPTION_CHARACTERS: usize = 2_000;
/// Tokens of a chunk: the most a collection may ask for. What its model reads is applied besides.
pub const CHUNK_TOKENS_MOST: usize = 2_000;
/// Tokens of a chunk when a collection does not say.
pub const CHUNK_TOKENS_DEFAULT: usize = 512;
/// Characters of a passage that a person corrected.
pub const CORRECTION_CHARACTERS: usize = 10_000;
/// Passages of one document that read the same and are corrected together.
pub const CORRECTED_AT_ONCE: usize = 100;
/// Curated answers of one import.
pub const CURATED_IMPORT: usize = 200;
/// Hours between two visits of a web source, at most and when nobody says.
pub const VISIT_HOURS: i32 = 8_760;
/// Hours between two visits when nobody says.
pub const VISIT_HOURS_DEFAULT: i32 = 24;
/// Metadata values that one search may ask for.
pub const METADATA_CONDITIONS: usize = 20;

/// Characters of the reason of a thumbs-up or -down.
pub const FEEDBACK_REASON_CHARACTERS: usize = 1_000;
/// Characters of what is said of a conversation.
pub const FEEDBACK_COMMENTS_CHARACTERS: usize = 2_000;
/// Whether one would recommend, at most; the least is 0.
pub const NPS_MOST: i64 = 10;
/// How content one is, at most; the least is 1.
pub const RATING_MOST: i64 = 5;
/// Support of a sentence by what it cites, 0 to 1, below which it is not shown, however unsure its bot may be.
pub const LEAST_SUPPORT: f32 = 0.3;
/// How far above its bot's threshold an answer's confidence may lie and still be looked at by a reviewer.
pub const REVIEW_MARGIN: f32 = 0.1;
/// Days that the review queue looks back when nobody says since when.
pub const REVIEW_DAYS: i64 = 30;
/// Characters of a reviewer's note.
pub const REVIEW_NOTE_CHARACTERS: usize = 2_000;
/// Characters of a ticket's summary.
pub const ESCALATION_SUMMARY_CHARACTERS: usize = 2_000;
/// Bytes, as JSON, of what is kept with a ticket.
pub const ESCALATION_DETAILS_BYTES: usize = 16 * 1024;
/// Characters of the name of a ticket's team.
pub const ESCALATION_TEAM_CHARACTERS: usize = 100;
/// Characters of whoever works on a ticket.
pub const ESCALATION_AGENT_CHARACTERS: usize = 255;
/// Characters of a ticket's id in another system.
pub const EXTERNAL_TICKET_CHARACTERS: usize = 255;
/// Characters of a note on a ticket.
pub const ESCALATION_NOTE_CHARACTERS: usize = 4_000;
/// Bytes, as JSON, of what is sent to a system of tickets, and of where its answer says a ticket's id.
pub const TICKET_SETTINGS_BYTES: usize = 16 * 1024;
pub const TICKET_POINTER_BYTES: usize = 255;
/// Bytes of what another system wants in the header `Authorization`.
pub const INTEGRATION_AUTHORIZATION_BYTES: usize = 4 * 1024;
/// Messages of its conversation that a ticket in another system may be sent with: the newest before it was opened.
pub const TICKET_TRANSCRIPT_MESSAGES: i64 = 20;
/// Integrations of an organization.
pub const INTEGRATIONS: i64 = 20;
/// Notes of a ticket.
pub const ESCALATION_NOTES: i64 = 200;
/// Messages of its conversation that a ticket refers to: the newest.
pub const ESCALATION_MESSAGES: i64 = 100;
/// Answers in a row that abstain, after which a conversation is handed to people; the organization's setting
/// `escalate_after_abstentions` says otherwise, 0: never.
pub const ESCALATE_AFTER_ABSTENTIONS: u32 = 3;
/// As many as the organization may say, at most.
pub const ESCALATE_AFTER_ABSTENTIONS_MOST: u32 = 100;
/// Characters of a reviewer's criticism, and of what it adds to it.
pub const CRITICISM_CHARACTERS: usize = 4_000;
/// Messages of its conversation that a model which analyses a criticism is shown: the last ones up to the answer.
pub const ANALYSIS_MESSAGES: u32 = 10;
/// Passages of its search that it is shown, best first.
pub const ANALYSIS_PASSAGES: usize = 10;
/// Characters of a message, a passage or a prompt that it is shown.
pub const ANALYSIS_TEXT_CHARACTERS: usize = 2_000;
/// Seconds that it may take: the API waits for 29.
pub const ANALYSIS_SECONDS: u64 = 20;
/// Tokens that it may write.
pub const ANALYSIS_TOKENS: u32 = 2_000;
/// Proposals of its that are read.
pub const ANALYSIS_PROPOSALS: usize = 8;
/// Characters of the reason of a proposal of its.
pub const ANALYSIS_REASON_CHARACTERS: usize = 1_000;
/// Characters that it may want to add to a system prompt.
pub const ANALYSIS_ADDITION_CHARACTERS: usize = 1_000;
/// Seconds that a model may take to say which names stand in a question, and tokens that it may write: the turn waits for it.
pub const NAMES_SECONDS: u64 = 4;
pub const NAMES_TOKENS: u32 = 300;
/// Hours for which a message waits to be read by a model; older ones stay as they were found without it.
pub const READING_HOURS: i32 = 24;
/// Messages that are read at once, each by a call of its own.
pub const READINGS_AT_ONCE: i64 = 4;
/// Seconds that a model may take to read one, and tokens that it may write.
pub const READING_SECONDS: u64 = 15;
pub const READING_TOKENS: u32 = 200;
/// Seconds after which a unit of reading takes no other messages.
pub const READING_UNIT_SECONDS: u64 = 20;
/// Seconds for which messages that were taken are another's, and how often one is taken: more than once only when a unit was killed.
pub const READING_HELD_SECONDS: i32 = 120;
pub const READING_ATTEMPTS: i32 = 3;
/// Categories of a chatbot that a model may name: the first in their order.
pub const READING_CATEGORIES: i64 = 100;
/// Newest answers of a version that the analysis of a criticism looks at, at most.
pub const ANALYSIS_ANSWERS: i64 = 10_000;
/// Answers of each version before an impact says which is better.
pub const IMPACT_LEAST_ANSWERS: i64 = 30;
/// Gold questions of a chatbot.
pub const GOLD_QUESTIONS: i64 = 1_000;
/// Gold questions of one import.
pub const GOLD_IMPORT: usize = 500;
/// Characters of a gold question's expected source.
pub const GOLD_SOURCE_CHARACTERS: usize = 1_024;
/// Tags of a gold question.
pub const GOLD_TAGS: usize = 20;
/// Characters of a gold question's tag.
pub const GOLD_TAG_CHARACTERS: usize = 50;
/// Gold questions of a replay when nobody says, the newest.
pub const REPLAY_GOLD: i64 = 30;
/// Recent questions of a replay when nobody says.
pub const REPLAY_RECENT: i64 = 20;
/// Questions of either kind in a replay.
pub const REPLAY_QUESTIONS: i64 = 200;
/// Newest conversations that a replay's recent questions are of.
pub const REPLAY_SESSIONS: i64 = 200;
/// Seconds after which a unit of a replay begins no other question; what it began may take [`REPLAY_ANSWER_SECONDS`] more.
pub const REPLAY_UNIT_SECONDS: u64 = 20;
/// Seconds of an answer of a replay; what takes longer counts as not answered.
pub const REPLAY_ANSWER_SECONDS: u64 = 38;
/// Seconds that a unit has a replay for itself. Longer than a unit, so that only one that was killed is overtaken.
pub const REPLAY_HELD_SECONDS: u64 = 90;
/// Seconds after which a replay that is to go on and that nobody touches was forgotten: its message is sent again.
pub const REPLAY_FORGOTTEN_SECONDS: f64 = 900.0;
/// Units in a row that break off before a replay is given up.
pub const REPLAY_FAILURES: i32 = 5;
/// Characters of the reason for which a guard is overridden.
pub const OVERRIDE_CHARACTERS: usize = 1_000;
/// Points of a hundred by which a change may lower a guarded figure of its replay.
pub const GUARD_POINTS: f64 = 2.0;
/// Days of a dashboard's period when nobody says.
pub const DASHBOARD_DAYS_DEFAULT: i32 = 30;
/// Days of a dashboard's period at most: two years.
pub const DASHBOARD_DAYS: i32 = 731;
/// Seconds that a figure may be behind before whoever looks has its day counted anew.
pub const DASHBOARD_LAG_SECONDS: f64 = 20.0;
/// Days that are counted anew for one look at a dashboard, newest first; the daily schedule does the others.
pub const DASHBOARD_REFRESHED_DAYS: i64 = 62;
/// Seconds after which a look at a dashboard begins to count no other day: the function has 28.
pub const DASHBOARD_REFRESH_SECONDS: u64 = 12;
/// Rows of a dashboard's categories, places and devices.
pub const DASHBOARD_TOP: i64 = 10;
/// Values of a place, a device and the like that a drill-down names: the most frequent.
pub const DASHBOARD_PARTS: i64 = 50;
/// Chatbots that a dashboard's costs name.
pub const DASHBOARD_CHATBOTS: i64 = 100;
/// Rows of a CSV file of figures: some 3 MB, of the 6 that a function may answer.
pub const EXPORT_ROWS: i64 = 20_000;
/// Seconds after which the daily work begins nothing new: the function has 900. What is left is done a day later.
pub const DAILY_WORK_SECONDS: u64 = 780;
/// Seconds behind [`DAILY_WORK_SECONDS`] after which no other organization's alerts are looked after.
pub const DAILY_ALERTS_SECONDS: u64 = 45;
/// Seconds that the daily look after one organization's alerts may take: others wait.
pub const DAILY_ALERTS_PATIENCE_SECONDS: u64 = 20;
/// Seconds behind [`DAILY_WORK_SECONDS`] after which no other part of a document goes that day.
pub const DAILY_DOCUMENTS_SECONDS: u64 = 70;
/// Seconds that the daily work takes for parts of one organization's documents: others wait, and what is left goes a day later.
pub const DAILY_DOCUMENTS_SHARE_SECONDS: u64 = 20;
/// Days that the daily work counts anew for one organization.
pub const DAILY_WORK_DAYS: i64 = 800;
/// Rules of an organization.
pub const ALERT_RULES: i64 = 100;
/// Characters of a rule's or a target's name.
pub const ALERT_NAME_CHARACTERS: usize = 255;
/// Minutes that a rule looks back on at least: rules are looked at a minute after something happened.
pub const ALERT_LEAST_WINDOW_MINUTES: i64 = 2;
/// Minutes that a rule looks back on.
pub const ALERT_WINDOW_MINUTES: i64 = 10_080;
/// Minutes that its condition must hold, or be over.
pub const ALERT_FOR_MINUTES: i64 = 1_440;
/// Answers, thumbs or documents that a rule may ask for before anything is known.
pub const ALERT_MINIMUM: i64 = 1_000_000;
/// Days that a rule is tried on, and moments of them: as far apart as its window is long, so many minutes at most, and for windows
/// over a day such a part of them.
pub const ALERT_PREVIEW_DAYS: i64 = 7;
pub const ALERT_PREVIEW_POINTS: i32 = 2_016;
pub const ALERT_PREVIEW_STEP_MINUTES: i32 = 5;
pub const ALERT_PREVIEW_STEPS_A_WINDOW: i32 = 288;
/// Windows in minutes whose end is looked for though nobody does anything; and seconds after which one looks again at most.
pub const ALERT_FOLLOWED_MINUTES: i32 = 1_440;
pub const ALERT_FOLLOW_SECONDS: i64 = 900;
/// Days that a resolved alert, and what was sent, are kept.
pub const ALERT_DAYS: i32 = 180;
pub const DELIVERY_DAYS: i32 = 30;
/// Targets of an organization.
pub const NOTIFICATION_TARGETS: usize = 20;
/// Deliveries that are taken and sent at once, how often one run takes some, after how many seconds it takes no more (the daily one
/// takes some once), and for how many seconds they are held.
pub const DELIVERIES_AT_ONCE: i64 = 10;
pub const DELIVERY_ROUNDS: usize = 10;
pub const DELIVERY_RUN_SECONDS: u64 = 60;
pub const DELIVERY_HELD_SECONDS: f64 = 300.0;
/// Attempts of a delivery, and the longest pause between two, in seconds.
pub const DELIVERY_ATTEMPTS: i32 = 10;
pub const DELIVERY_BACK_OFF_MOST_SECONDS: i64 = 7_200;
/// Characters of what is kept of a failed attempt.
pub const DELIVERY_ERROR_CHARACTERS: usize = 500;
/// Bytes of an answer of the other side that are read, where it is read at all.
pub const DELIVERY_ANSWER_BYTES: usize = 256 * 1024;
/// Seconds that the other side of a delivery may take.
pub const WEB_POST_SECONDS: u64 = 15;
/// Seconds of activity of an organization that are told of once.
pub const WAKE_EVERY_SECONDS: f64 = 60.0;
/// Seconds after which it is looked at; longer, so that what was done within the minute is committed by then.
pub const WAKE_DELAY_SECONDS: i32 = 62;
/// Rows that one statement expires or deletes.
pub const SWEPT_AT_ONCE: i64 = 1_000;
/// Such statements of one class and organization a day: ten million rows.
pub const SWEEPS: u32 = 10_000;
/// Bytes of a file that is attached to a session.
pub const FILE_BYTES: u64 = 20 * 1024 * 1024;
/// Files of a session.
pub const SESSION_FILES: i64 = 10;
/// Hours after which a file that was announced and never came counts no more.
pub const FILE_UPLOAD_HOURS: i32 = 24;
/// Characters of a file's name.
pub const FILE_NAME_CHARACTERS: usize = 200;
/// Characters of a file's text that are kept, from its beginning.
pub const FILE_TEXT_CHARACTERS: usize = 200_000;
/// Tokens of a passage of a file.
pub const FILE_PASSAGE_TOKENS: usize = 256;
/// Passages of a session's files that a turn looks at, or as many of full length as fit into the chatbot's context window, where that
/// is more; that window decides how many it hands out.
pub const FILE_PASSAGES: i32 = 50;
/// Tables of a file that its data summary describes.
pub const FILE_TABLES: usize = 20;
/// Columns of a table that it describes.
pub const FILE_COLUMNS: usize = 100;
/// Different values of a column that it counts.
pub const FILE_DISTINCT: usize = 1_000;
/// Values of a column that it shows.
pub const FILE_EXAMPLES: usize = 3;
/// Characters of a value, or of a column's name, that it shows.
pub const FILE_VALUE_CHARACTERS: usize = 60;
/// Bytes of a table's summary that go into a prompt.
pub const FILE_SUMMARY_BYTES: usize = 4_000;
/// Categories of a chatbot.
pub const CATEGORIES: i64 = 250;
/// Examples of a category, those of its intents among them.
pub const CATEGORY_EXAMPLES: usize = 150;
/// Characters of an example.
pub const CATEGORY_EXAMPLE_CHARACTERS: usize = 500;
/// Intents of a category.
pub const CATEGORY_INTENTS: usize = 50;
/// Characters of the name of a category or an intent.
pub const CATEGORY_NAME_CHARACTERS: usize = 100;
/// Characters of a category's description.
pub const CATEGORY_DESCRIPTION_CHARACTERS: usize = 1_000;
/// Highest position of a category.
pub const CATEGORY_POSITION: i64 = 10_000;
/// Categories whose examples a question is compared with: those whose middle lies nearest.
pub const CATEGORIES_COMPARED: i32 = 20;
/// Examples of a category that a question is compared with: the nearest.
pub const CATEGORY_NEIGHBOURS: i32 = 8;
/// Characters that are kept of what a calling program says of itself.
pub const USER_AGENT_CHARACTERS: usize = 255;
/// Characters of a session's `user_identifier`, and of its `external_client_id`.
pub const IDENTIFIER_CHARACTERS: usize = 255;
/// Days after which a data key seals no more, and what it sealed is sealed anew.
pub const DATA_KEY_DAYS: i64 = 90;
/// Seconds for which a process keeps an opened data key, and believes that it is the active one.
pub const DATA_KEY_SECONDS: i64 = 300;
/// Data keys that a process keeps open.
pub const DATA_KEYS_OPEN: usize = 1_000;
/// Hours after which a retired data key that nothing names is deleted: much longer than any process seals with it.
pub const DATA_KEY_RETIRED_HOURS: i32 = 24;
/// Values that are sealed anew in one statement.
pub const RESEALED_AT_ONCE: u32 = 500;
/// Seconds of sealing anew that the daily work takes beside its own.
pub const RESEAL_SECONDS: u64 = 90;
/// Seconds that a call of KMS may take, its second tries included.
pub const KMS_SECONDS: u64 = 3;
/// Seconds for which KMS is not asked again after it did not answer: nobody waits for it in the meantime.
pub const KMS_PAUSE_SECONDS: i64 = 10;
/// Questions without an answer that are put together by meaning: the newest.
pub const UNANSWERED_CLUSTERED: i64 = 1_000;
/// Groups of them that a dashboard shows: the largest.
pub const DASHBOARD_CLUSTERS: usize = 20;
/// Questions of such a group that it shows.
pub const CLUSTER_EXAMPLES: usize = 5;
/// Persons that a dashboard's costs name.
pub const DASHBOARD_PERSONS: i64 = 100;
/// Intents of a category that a dashboard names.
pub const DASHBOARD_INTENTS: i64 = 50;
/// Characters of the name by which a person is asked about.
pub const SUBJECT_CHARACTERS: usize = 2_000;
/// Requests of data subjects of an organization that are not over.
pub const SUBJECT_REQUESTS_OPEN: i64 = 100;
/// Sessions that are exported or erased at a time.
pub const SUBJECT_SESSIONS_AT_ONCE: i64 = 20;
/// Sessions of one export: more are no person's.
pub const EXPORT_SESSIONS: u64 = 2_000;
/// Bytes of attached files that an export holds; those that do not fit any more are named in it.
pub const EXPORT_FILE_BYTES: u64 = 300 * 1024 * 1024;
/// Seconds that making an export may take.
pub const EXPORT_SECONDS: u64 = 540;
/// Days for which an export is kept.
pub const EXPORT_DAYS: i32 = 7;
/// Seconds after which a unit that erases begins nothing new.
pub const ERASE_UNIT_SECONDS: u64 = 60;
/// Seconds for which a unit has a request for itself.
pub const SUBJECT_HELD_SECONDS: i32 = 600;
/// Units in a row that break off before a request is given up.
pub const SUBJECT_FAILURES: i32 = 5;
