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

}  // namespace

ImguiRenderer::ImguiRenderer(SDL_Renderer* renderer) : renderer_(renderer) {
  ImGuiIO& io = ImGui::GetIO();
  io.BackendRendererName = "reverie_sdl_renderer";
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
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
      SDL_RenderGeometryRaw(
          renderer_, static_cast<SDL_Texture*>(command.GetTexID()), &vertices->pos.x, sizeof(ImDrawVert),
          reinterpret_cast<const SDL_Color*>(&vertices->col), sizeof(ImDrawVert), &vertices->uv.x, sizeof(ImDrawVert),
          static_cast<int>(list.VtxBuffer.Size - static_cast<int>(command.VtxOffset)),
          list.IdxBuffer.Data + command.IdxOffset, static_cast<int>(command.ElemCount), sizeof(ImDrawIdx));
    }
  }
  SDL_RenderSetClipRect(renderer_, nullptr);
}

}  // namespace reverie
