// The recordings in tests/data/car_racing, which its README describes.
#pragma once

#include <png.h>

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "env/car_racing/track.h"

namespace reverie {

inline std::string car_racing_data(const std::string& name) {
  return std::string(REVERIE_TEST_DATA "/car_racing/") + name;
}

inline nlohmann::json read_reference(int seed) {
  std::ifstream file(car_racing_data("seed_" + std::to_string(seed) + ".json"));
  return nlohmann::json::parse(file);
}

inline Track reference_track(const nlohmann::json& reference) {
  Track track;
  for (const auto& row : reference.at("track")) {
    track.push_back({row[0], row[1], row[2], row[3]});
  }
  return track;
}

// [height, width, 3]
inline std::vector<std::uint8_t> read_png(const std::string& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_file(&image, path.c_str())) {
    throw std::runtime_error(path + ": " + image.message);
  }
  image.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
  if (!png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr)) {
    throw std::runtime_error(path + ": " + image.message);
  }
  return pixels;
}

}  // namespace reverie
