#include "experiments/viewer/gif_file.h"

#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "env/atomic_file.h"
#include "env/error.h"

namespace reverie {
namespace {

constexpr int kColours = 256, kBins = 1 << 15;  // five bits a channel

// Pixels of nearly one colour.
struct Bin {
  int index = 0;
  std::uint64_t count = 0;
  std::array<std::uint64_t, 3> sum{};

  std::uint64_t mean(std::size_t channel) const { return sum[channel] / count; }
};

int bin_of(const std::uint8_t* rgb) {
  return (rgb[0] >> 3) << 10 | (rgb[1] >> 3) << 5 | rgb[2] >> 3;
}

// Some bins that will share a colour.
struct Box {
  std::size_t first = 0, last = 0;  // of the list of bins
  std::size_t channel = 0;          // the widest
  std::uint64_t weight = 0;         // pixels times width: the box to cut next
};

Box box_of(const std::vector<Bin>& bins, std::size_t first, std::size_t last) {
  Box box{first, last, 0, 0};
  std::uint64_t widest = 0, count = 0;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    std::uint64_t low = 255, high = 0;
    for (std::size_t i = first; i < last; ++i) {
      low = std::min(low, bins[i].mean(channel));
      high = std::max(high, bins[i].mean(channel));
    }
    if (high - low > widest) {
      widest = high - low;
      box.channel = channel;
    }
  }
  for (std::size_t i = first; i < last; ++i) {
    count += bins[i].count;
  }
  box.weight = last - first > 1 ? widest * count : 0;
  return box;
}

struct Indexed {
  std::array<GifColorType, kColours> palette{};
  std::vector<GifByteType> pixels;
};

// Median cut (Heckbert, "Color image quantization for frame buffer display", 1982).
Indexed quantise(const Picture& picture) {
  const std::size_t num_pixels = picture.pixels.size() / 3;
  std::vector<Bin> bins(kBins);
  for (std::size_t i = 0; i < num_pixels; ++i) {
    const std::uint8_t* rgb = picture.pixels.data() + 3 * i;
    Bin& bin = bins[static_cast<std::size_t>(bin_of(rgb))];
    ++bin.count;
    for (std::size_t channel = 0; channel < 3; ++channel) {
      bin.sum[channel] += rgb[channel];
    }
  }
  for (int i = 0; i < kBins; ++i) {
    bins[static_cast<std::size_t>(i)].index = i;
  }
  bins.erase(std::remove_if(bins.begin(), bins.end(), [](const Bin& bin) { return bin.count == 0; }), bins.end());

  std::vector<Box> boxes = {box_of(bins, 0, bins.size())};
  while (boxes.size() < kColours) {
    const auto widest =
        std::max_element(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) { return a.weight < b.weight; });
    if (widest->weight == 0) {
      break;
    }
    const Box box = *widest;
    std::sort(bins.begin() + static_cast<std::ptrdiff_t>(box.first),
              bins.begin() + static_cast<std::ptrdiff_t>(box.last), [&](const Bin& a, const Bin& b) {
                return std::pair(a.mean(box.channel), a.index) < std::pair(b.mean(box.channel), b.index);
              });
    std::uint64_t total = 0, before = 0;
    for (std::size_t i = box.first; i < box.last; ++i) {
      total += bins[i].count;
    }
    std::size_t middle = box.first;
    while (middle < box.last - 1 && (middle == box.first || 2 * before < total)) {
      before += bins[middle++].count;
    }
    *widest = box_of(bins, box.first, middle);
    boxes.push_back(box_of(bins, middle, box.last));
  }

  Indexed result;
  std::vector<GifByteType> index_of(kBins);
  for (std::size_t colour = 0; colour < boxes.size(); ++colour) {
    Bin all;
    for (std::size_t i = boxes[colour].first; i < boxes[colour].last; ++i) {
      index_of[static_cast<std::size_t>(bins[i].index)] = static_cast<GifByteType>(colour);
      all.count += bins[i].count;
      for (std::size_t channel = 0; channel < 3; ++channel) {
        all.sum[channel] += bins[i].sum[channel];
      }
    }
    result.palette[colour] = {static_cast<GifByteType>(all.mean(0)), static_cast<GifByteType>(all.mean(1)),
                              static_cast<GifByteType>(all.mean(2))};
  }
  result.pixels.resize(num_pixels);
  for (std::size_t i = 0; i < num_pixels; ++i) {
    result.pixels[i] = index_of[static_cast<std::size_t>(bin_of(picture.pixels.data() + 3 * i))];
  }
  return result;
}

int append(GifFileType* gif, const GifByteType* bytes, int count) {
  static_cast<std::string*>(gif->UserData)
      ->append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
  return count;
}

struct Part {
  int left, top, right, bottom;  // right and bottom are the first pixels outside
};

// The smallest rectangle that holds every difference; empty (right <= left) where there is none.
Part changed_part(const Picture& before, const Picture& after) {
  if (before.empty()) {
    return {0, 0, after.width, after.height};
  }
  Part part{after.width, after.height, 0, 0};
  const std::size_t row = static_cast<std::size_t>(after.width) * 3;
  for (int y = 0; y < after.height; ++y) {
    const std::uint8_t* a = before.pixels.data() + static_cast<std::size_t>(y) * row;
    const std::uint8_t* b = after.pixels.data() + static_cast<std::size_t>(y) * row;
    const auto first = static_cast<std::size_t>(std::mismatch(a, a + row, b).first - a);
    if (first == row) {
      continue;
    }
    std::size_t last = row;
    while (a[last - 1] == b[last - 1]) {
      --last;
    }
    part.left = std::min(part.left, static_cast<int>(first / 3));
    part.right = std::max(part.right, static_cast<int>((last + 2) / 3));
    part.top = std::min(part.top, y);
    part.bottom = y + 1;
  }
  return part;
}

Picture cut(const Picture& picture, const Part& part) {
  Picture result{part.bottom - part.top, part.right - part.left, {}};
  for (int y = part.top; y < part.bottom; ++y) {
    const auto start = picture.pixels.begin() + (static_cast<std::ptrdiff_t>(y) * picture.width + part.left) * 3;
    result.pixels.insert(result.pixels.end(), start, start + static_cast<std::ptrdiff_t>(result.width) * 3);
  }
  return result;
}

}  // namespace

GifFile::GifFile(std::filesystem::path path, int height, int width, int rate)
    : path_(std::move(path)), hundredths_(200 / rate) {
  int error = 0;
  gif_ = EGifOpen(&bytes_, append, &error);
  if (gif_ == nullptr) {
    throw Error(ErrorKind::other, str(path_.string(), ": cannot make a GIF: ", GifErrorString(error)));
  }
  EGifSetGifVersion(gif_, true);
  EGifPutScreenDesc(gif_, width, height, 8, 0, nullptr);
  const GifByteType forever[] = {1, 0, 0};
  EGifPutExtensionLeader(gif_, APPLICATION_EXT_FUNC_CODE);
  EGifPutExtensionBlock(gif_, 11, "NETSCAPE2.0");
  EGifPutExtensionBlock(gif_, sizeof(forever), forever);
  EGifPutExtensionTrailer(gif_);
}

GifFile::~GifFile() {
  if (gif_ != nullptr) {
    EGifCloseFile(gif_, nullptr);
  }
}

void GifFile::add(const Picture& frame, int times) {
  for (int i = 0; i < times; ++i) {
    add_one(frame);
  }
}

void GifFile::add_one(const Picture& frame) {
  if (num_added_++ % 2 != 0) {
    return;
  }
  const Part part = changed_part(shown_, frame);
  if (part.right > part.left) {
    write_waiting();
    waiting_ = cut(frame, part);
    left_ = part.left;
    top_ = part.top;
    shown_ = frame;
  }
  waiting_hundredths_ += hundredths_;
}

void GifFile::write_waiting() {
  if (waiting_.empty()) {
    return;
  }
  const GraphicsControlBlock control{DISPOSE_DO_NOT, false, waiting_hundredths_, NO_TRANSPARENT_COLOR};
  std::array<GifByteType, 4> bytes{};
  EGifGCBToExtension(&control, bytes.data());
  EGifPutExtension(gif_, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(bytes.size()), bytes.data());
  Indexed indexed = quantise(waiting_);
  ColorMapObject* palette = GifMakeMapObject(kColours, indexed.palette.data());
  const bool written = palette != nullptr &&
                       EGifPutImageDesc(gif_, left_, top_, waiting_.width, waiting_.height, false, palette) == GIF_OK &&
                       EGifPutLine(gif_, indexed.pixels.data(), static_cast<int>(indexed.pixels.size())) == GIF_OK;
  GifFreeMapObject(palette);
  if (!written) {
    throw Error(ErrorKind::other, str(path_.string(), ": cannot make a GIF: ", GifErrorString(gif_->Error)));
  }
  waiting_ = {};
  waiting_hundredths_ = 0;
}

void GifFile::finish() {
  write_waiting();
  EGifCloseFile(std::exchange(gif_, nullptr), nullptr);
  write_file_atomically(path_, bytes_);
}

}  // namespace reverie
