#include "experiments/tensorboard/event_encoding.h"

#include "experiments/tensorboard/protobuf.h"

namespace reverie {
namespace {

// The numbers of the fields, from TensorFlow's event.proto, summary.proto and tensor.proto.
enum EventField { kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5 };
enum SummaryField { kValue = 1 };
enum ValueField { kTag = 1, kSimpleValue = 2, kImage = 4, kHistogram = 5, kTensor = 8, kMetadata = 9 };
enum MetadataField { kPluginData = 1, kDataClass = 4 };
enum PluginDataField { kPluginName = 1, kContent = 2 };
enum TensorField { kDtype = 1, kShape = 2, kStringValue = 8 };
enum ImageField { kHeight = 1, kWidth = 2, kColorspace = 3, kEncoded = 4 };
enum HistogramField { kMin = 1, kMax = 2, kNum = 3, kSum = 4, kSumSquares = 5, kBucketLimit = 6, kBucket = 7 };
constexpr int kRgb = 3;
constexpr int kStringType = 7;   // TensorFlow's DT_STRING
constexpr int kTensorClass = 2;  // DATA_CLASS_TENSOR

std::string encode(const EventImage& image) {
  MessageWriter message;
  message.integer(kHeight, image.height);
  message.integer(kWidth, image.width);
  message.integer(kColorspace, kRgb);
  message.bytes(kEncoded, image.png);
  return message.done();
}

std::string encode(const EventHistogram& histogram) {
  MessageWriter message;
  message.real(kMin, histogram.min);
  message.real(kMax, histogram.max);
  message.real(kNum, histogram.count);
  message.real(kSum, histogram.sum);
  message.real(kSumSquares, histogram.sum_of_squares);
  message.reals(kBucketLimit, histogram.limits);
  message.reals(kBucket, histogram.buckets);
  return message.done();
}

// A text is a tensor that holds one string.
void encode(const EventPlugin& plugin, MessageWriter& value) {
  MessageWriter data, metadata;
  data.bytes(kPluginName, plugin.name);
  if (!plugin.content.empty()) {
    data.bytes(kContent, plugin.content);
  }
  metadata.bytes(kPluginData, data.done());
  if (plugin.text) {
    metadata.integer(kDataClass, kTensorClass);
    MessageWriter tensor;
    tensor.integer(kDtype, kStringType);
    tensor.bytes(kShape, "");
    tensor.bytes(kStringValue, *plugin.text);
    value.bytes(kTensor, tensor.done());
  }
  value.bytes(kMetadata, metadata.done());
}

std::string encode(const EventValue& value) {
  MessageWriter message;
  message.bytes(kTag, value.tag);
  if (value.scalar) {
    message.real(kSimpleValue, *value.scalar);
  }
  if (value.image) {
    message.bytes(kImage, encode(*value.image));
  }
  if (value.histogram) {
    message.bytes(kHistogram, encode(*value.histogram));
  }
  if (value.plugin) {
    encode(*value.plugin, message);
  }
  return message.done();
}

EventImage decode_image(MessageReader message) {
  EventImage image;
  while (message.next()) {
    switch (message.field()) {
      case kHeight:
        image.height = static_cast<int>(message.integer());
        break;
      case kWidth:
        image.width = static_cast<int>(message.integer());
        break;
      case kEncoded:
        image.png = message.bytes();
        break;
    }
  }
  return image;
}

EventHistogram decode_histogram(MessageReader message) {
  EventHistogram histogram;
  while (message.next()) {
    switch (message.field()) {
      case kMin:
        histogram.min = message.real();
        break;
      case kMax:
        histogram.max = message.real();
        break;
      case kNum:
        histogram.count = message.real();
        break;
      case kSum:
        histogram.sum = message.real();
        break;
      case kSumSquares:
        histogram.sum_of_squares = message.real();
        break;
      case kBucketLimit:
        histogram.limits = message.reals();
        break;
      case kBucket:
        histogram.buckets = message.reals();
        break;
    }
  }
  return histogram;
}

EventPlugin decode_plugin(MessageReader metadata) {
  EventPlugin plugin;
  while (metadata.next()) {
    if (metadata.field() != kPluginData) {
      continue;
    }
    for (MessageReader data(metadata.bytes()); data.next();) {
      switch (data.field()) {
        case kPluginName:
          plugin.name = data.bytes();
          break;
        case kContent:
          plugin.content = data.bytes();
          break;
      }
    }
  }
  return plugin;
}

std::optional<std::string> decode_text(MessageReader tensor) {
  std::optional<std::string> text;
  while (tensor.next()) {
    if (tensor.field() == kStringValue) {
      text = tensor.bytes();
    }
  }
  return text;
}

EventValue decode_value(MessageReader message) {
  EventValue value;
  std::optional<std::string> text;
  while (message.next()) {
    switch (message.field()) {
      case kTag:
        value.tag = message.bytes();
        break;
      case kSimpleValue:
        value.scalar = message.real32();
        break;
      case kImage:
        value.image = decode_image(MessageReader(message.bytes()));
        break;
      case kHistogram:
        value.histogram = decode_histogram(MessageReader(message.bytes()));
        break;
      case kTensor:
        text = decode_text(MessageReader(message.bytes()));
        break;
      case kMetadata:
        value.plugin = decode_plugin(MessageReader(message.bytes()));
        break;
    }
  }
  if (value.plugin) {
    value.plugin->text = text;
  }
  return value;
}

Event decode(MessageReader message) {
  Event event;
  while (message.next()) {
    switch (message.field()) {
      case kWallTime:
        event.wall_time = message.real();
        break;
      case kStep:
        event.step = message.integer();
        break;
      case kFileVersion:
        event.file_version = message.bytes();
        break;
      case kSummary:
        for (MessageReader summary(message.bytes()); summary.next();) {
          if (summary.field() == kValue) {
            event.values.push_back(decode_value(MessageReader(summary.bytes())));
          }
        }
        break;
    }
  }
  return event;
}

}  // namespace

std::string encode_event(const Event& event) {
  MessageWriter message;
  message.real(kWallTime, event.wall_time);
  message.integer(kStep, event.step);
  if (!event.file_version.empty()) {
    message.bytes(kFileVersion, event.file_version);
  }
  if (!event.values.empty()) {
    MessageWriter summary;
    for (const EventValue& value : event.values) {
      summary.bytes(kValue, encode(value));
    }
    message.bytes(kSummary, summary.done());
  }
  return message.done();
}

std::optional<Event> decode_event(std::string_view bytes) {
  try {
    return decode(MessageReader(bytes));
  } catch (const MessageReader::Malformed&) {
    return std::nullopt;
  }
}

}  // namespace reverie
