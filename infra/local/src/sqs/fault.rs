//! What SQS answers when it refuses: the error's shape name, the older query code, and the words.

use std::fmt;

/// Why a request was refused. Only the kinds that a client can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// No queue of that name.
    QueueDoesNotExist,
    /// The receipt handle was not one of ours.
    ReceiptHandleIsInvalid,
    /// The message is not in flight, so its visibility cannot change.
    MessageNotInflight,
    /// A character that XML 1.0 does not know.
    InvalidMessageContents,
    /// A batch with no entry.
    EmptyBatchRequest,
    /// A batch of more than ten.
    TooManyEntriesInBatchRequest,
    /// Two entries of a batch with one id.
    BatchEntryIdsNotDistinct,
    /// An id of other than 1 to 80 letters, digits, `-` and `_`.
    InvalidBatchEntryId,
    /// A batch whose messages are larger than 1 MiB together.
    BatchRequestTooLong,
    /// A value out of its range, a message over 1 MiB among them.
    InvalidParameterValue,
    /// A field that the operation demands is absent.
    MissingParameter,
    /// A body that is not the operation's JSON.
    Serialization,
    /// An operation that this queue does not speak.
    UnknownOperation,
    /// No Authorization header.
    MissingAuthenticationToken,
    /// Signed with a key that is not the stack's.
    UnrecognizedClient,
    /// Redrive from a queue that is nobody's dead-letter queue.
    ResourceNotFound,
}

impl FaultKind {
    /// The error's shape as AWS JSON names it in `__type`.
    pub(super) fn shape(self) -> &'static str {
        use FaultKind::*;
        match self {
            QueueDoesNotExist => "com.amazonaws.sqs#QueueDoesNotExist",
            ReceiptHandleIsInvalid => "com.amazonaws.sqs#ReceiptHandleIsInvalid",
            MessageNotInflight => "com.amazonaws.sqs#MessageNotInflight",
            InvalidMessageContents => "com.amazonaws.sqs#InvalidMessageContents",
            EmptyBatchRequest => "com.amazonaws.sqs#EmptyBatchRequest",
            TooManyEntriesInBatchRequest => "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
            BatchEntryIdsNotDistinct => "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
            InvalidBatchEntryId => "com.amazonaws.sqs#InvalidBatchEntryId",
            BatchRequestTooLong => "com.amazonaws.sqs#BatchRequestTooLong",
            InvalidParameterValue => "com.amazon.coral.service#InvalidParameterValueException",
            MissingParameter => "com.amazon.coral.service#MissingRequiredParameterException",
            Serialization => "com.amazon.coral.service#SerializationException",
            UnknownOperation => "com.amazon.coral.service#UnknownOperationException",
            MissingAuthenticationToken => "com.amazon.coral.service#MissingAuthenticationTokenException",
            UnrecognizedClient => "com.amazon.coral.service#UnrecognizedClientException",
            ResourceNotFound => "com.amazonaws.sqs#ResourceNotFoundException",
        }
    }

    /// The code that the older query protocol used; SDKs prefer it (`x-amzn-query-error`), and so does a batch's entry.
    pub(super) fn query_code(self) -> &'static str {
        use FaultKind::*;
        match self {
            QueueDoesNotExist => "AWS.SimpleQueueService.NonExistentQueue",
            ReceiptHandleIsInvalid => "ReceiptHandleIsInvalid",
            MessageNotInflight => "AWS.SimpleQueueService.MessageNotInflight",
            InvalidMessageContents => "InvalidMessageContents",
            EmptyBatchRequest => "AWS.SimpleQueueService.EmptyBatchRequest",
            TooManyEntriesInBatchRequest => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            BatchEntryIdsNotDistinct => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            InvalidBatchEntryId => "AWS.SimpleQueueService.InvalidBatchEntryId",
            BatchRequestTooLong => "AWS.SimpleQueueService.BatchRequestTooLong",
            InvalidParameterValue => "InvalidParameterValue",
            MissingParameter => "MissingParameter",
            Serialization => "MalformedInput",
            UnknownOperation => "InvalidAction",
            MissingAuthenticationToken => "MissingAuthenticationToken",
            UnrecognizedClient => "InvalidClientTokenId",
            ResourceNotFound => "ResourceNotFoundException",
        }
    }

    /// The HTTP status: 403 for an unknown caller, 400 for everything else.
    pub(super) fn status(self) -> u16 {
        match self {
            FaultKind::MissingAuthenticationToken | FaultKind::UnrecognizedClient => 403,
            _ => 400,
        }
    }
}

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What a client branches on.
    pub kind: FaultKind,
    /// What a person reads.
    pub message: String,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, message: impl Into<String>) -> Fault {
        Fault { kind, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Fault {
        Fault::new(FaultKind::InvalidParameterValue, message)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind.query_code(), self.message)
    }
}

impl std::error::Error for Fault {}
