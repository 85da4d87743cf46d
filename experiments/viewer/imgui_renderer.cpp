#include "experiments/viewer/imgui_renderer.h"

#include <algorithm>
#include <cmath>

#include "env/error.h"

namespace reverie {
namespace {

// The pixels a command may touch; false: none.
bool clip(const ImDrawCmd& command, const ImDrawData& data, SDL_Rect& rectangle) {
  const float left = std::max(command.ClipRect.x - data.DisplayPos.x, 0.0f);
  const float top = std::max(command.ClipRect.y - data.DisplayPos.y, 0.0f);
  const float right = std::min(command.ClipRect.z - data.DisplayPos.x, data.DisplaySize.x);
  const float bottom = std::min(command.ClipRect.w - data.DisplayPos.y, data.DisplaySize.y);
  if (!(right > left && bottom > top)) {
    return false;
  }
  rectangle.x = static_cast<int>(left);
  rectangle.y = static_cast<int>(top);
  rectangle.w = static_cast<int>(std::ceil(right)) - rectangle.x;
  rectangle.h = static_cast<int>(std::ceil(bottom)) - rectangle.y;
  return true;
}

int round_to_int(float value) {
  return static_cast<int>(std::floor(value + 0.5f));
}

bool same_uv(const ImVec2& a, const ImVec2& b) {
  return a.x == b.x && a.y == b.y;
}

// Six indices that are an upright rectangle of one colour, as ImDrawList::PrimRect() makes them for frames and letters.
bool is_rectangle(const ImDrawVert* vertices, const ImDrawIdx* indices) {
  if (indices[3] != indices[0] || indices[4] != indices[2]) {
    return false;
  }
  const ImDrawVert &a = vertices[indices[0]], &b = vertices[indices[1]], &c = vertices[indices[2]],
                   &d = vertices[indices[5]];
  return a.pos.y == b.pos.y && b.pos.x == c.pos.x && c.pos.y == d.pos.y && d.pos.x == a.pos.x && a.pos.x <= c.pos.x &&
         a.pos.y <= c.pos.y && a.col == b.col && b.col == c.col && c.col == d.col && a.uv.y == b.uv.y &&
         b.uv.x == c.uv.x && c.uv.y == d.uv.y && d.uv.x == a.uv.x;
}

}  // namespace

ImguiRenderer::ImguiRenderer(SDL_Renderer* renderer) : renderer_(renderer) {
  ImGuiIO& io = ImGui::GetIO();
  io.BackendRendererName = "reverie_sdl_renderer";
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  upload_fonts();
}

void ImguiRenderer::upload_fonts() {
  ImGuiIO& io = ImGui::GetIO();
  SDL_DestroyTexture(fonts_);
  unsigned char* pixels = nullptr;
  int width = 0, height = 0;
  io.Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
  fonts_ = SDL_CreateTexture(renderer_, SDL_PIXELFORMAT_RGBA32, SDL_TEXTUREACCESS_STATIC, width, height);
  if (fonts_ == nullptr || SDL_UpdateTexture(fonts_, nullptr, pixels, 4 * width) != 0) {
    throw Error(ErrorKind::other, str("the window's font cannot be drawn: ", SDL_GetError()));
  }
  SDL_SetTextureBlendMode(fonts_, SDL_BLENDMODE_BLEND);
  SDL_SetTextureScaleMode(fonts_, SDL_ScaleModeNearest);
  io.Fonts->SetTexID(fonts_);
}

ImguiRenderer::~ImguiRenderer() {
  ImGui::GetIO().Fonts->SetTexID(nullptr);
  SDL_DestroyTexture(fonts_);
}

void ImguiRenderer::draw_rectangle(SDL_Texture* texture, const ImDrawVert& from, const ImDrawVert& to) {
  SDL_Rect where;
  where.x = round_to_int(from.pos.x);
  where.y = round_to_int(from.pos.y);
  where.w = round_to_int(to.pos.x) - where.x;
  where.h = round_to_int(to.pos.y) - where.y;
  if (where.w <= 0 || where.h <= 0) {
    return;
  }
  const auto channel = [&](int shift) { return static_cast<Uint8>(from.col >> shift); };
  const SDL_Color colour{channel(IM_COL32_R_SHIFT), channel(IM_COL32_G_SHIFT), channel(IM_COL32_B_SHIFT),
                         channel(IM_COL32_A_SHIFT)};
  if (same_uv(from.uv, to.uv)) {
    SDL_SetRenderDrawBlendMode(renderer_, colour.a == 255 ? SDL_BLENDMODE_NONE : SDL_BLENDMODE_BLEND);
    SDL_SetRenderDrawColor(renderer_, colour.r, colour.g, colour.b, colour.a);
    SDL_RenderFillRect(renderer_, &where);
    return;
  }
  int width = 0, height = 0;
  SDL_QueryTexture(texture, nullptr, nullptr, &width, &height);
  SDL_Rect part;
  part.x = round_to_int(from.uv.x * static_cast<float>(width));
  part.y = round_to_int(from.uv.y * static_cast<float>(height));
  part.w = round_to_int(to.uv.x * static_cast<float>(width)) - part.x;
  part.h = round_to_int(to.uv.y * static_cast<float>(height)) - part.y;
  SDL_SetTextureColorMod(texture, colour.r, colour.g, colour.b);
  SDL_SetTextureAlphaMod(texture, colour.a);
  SDL_RenderCopy(renderer_, texture, &part, &where);
}

void ImguiRenderer::draw_triangles(SDL_Texture* texture, const ImDrawVert* vertices, int num_vertices,
                                   const ImDrawIdx* indices, int count) {
  const ImVec2 white = ImGui::GetIO().Fonts->TexUvWhitePixel;
  const bool plain = texture == fonts_ && std::all_of(indices, indices + count, [&](ImDrawIdx index) {
                       return same_uv(vertices[index].uv, white);
                     });
  SDL_SetRenderDrawBlendMode(renderer_, SDL_BLENDMODE_BLEND);  // of triangles without a texture
  if (!plain) {
    SDL_SetTextureColorMod(texture, 255, 255, 255);
    SDL_SetTextureAlphaMod(texture, 255);
  }
  SDL_RenderGeometryRaw(renderer_, plain ? nullptr : texture, &vertices->pos.x, sizeof(ImDrawVert),
                        reinterpret_cast<const SDL_Color*>(&vertices->col), sizeof(ImDrawVert), &vertices->uv.x,
                        sizeof(ImDrawVert), num_vertices, indices, count, sizeof(ImDrawIdx));
}

void ImguiRenderer::draw(const ImDrawData& data) {
  for (int i = 0; i < data.CmdListsCount; ++i) {
    const ImDrawList& list = *data.CmdLists[i];
    for (const ImDrawCmd& command : list.CmdBuffer) {
      if (command.UserCallback != nullptr) {
        if (command.UserCallback != ImDrawCallback_ResetRenderState) {
          command.UserCallback(&list, &command);
        }
        continue;
      }
      SDL_Rect rectangle;
      if (command.ElemCount == 0 || !clip(command, data, rectangle)) {
        continue;
      }
      SDL_RenderSetClipRect(renderer_, &rectangle);
      const ImDrawVert* vertices = list.VtxBuffer.Data + command.VtxOffset;
      const ImDrawIdx* indices = list.IdxBuffer.Data + command.IdxOffset;
      const int num_vertices = list.VtxBuffer.Size - static_cast<int>(command.VtxOffset);
      const int count = static_cast<int>(command.ElemCount);
      auto* texture = static_cast<SDL_Texture*>(command.GetTexID());
      // Rectangles are most of what there is, and SDL draws them several times faster by themselves.
      int done = 0;
      for (int at = 0; at + 3 <= count;) {
        if (at + 6 > count || !is_rectangle(vertices, indices + at)) {
          at += 3;
          continue;
        }
        if (at > done) {
          draw_triangles(texture, vertices, num_vertices, indices + done, at - done);
        }
        draw_rectangle(texture, vertices[indices[at]], vertices[indices[at + 2]]);
        at += 6;
        done = at;
      }
      if (count > done) {
        draw_triangles(texture, vertices, num_vertices, indices + done, count - done);
      }
    }
  }
  SDL_RenderSetClipRect(renderer_, nullptr);
}

}  // namespace reverie
