// Draws Dear ImGui's lists with SDL_Renderer, so that the window needs no OpenGL. One per context.
#pragma once

#include <SDL.h>
#include <imgui.h>

namespace reverie {

class ImguiRenderer {
 public:
  // Uploads the fonts of the current context. The renderer must outlive this object.
  explicit ImguiRenderer(SDL_Renderer* renderer);
  ~ImguiRenderer();
  ImguiRenderer(const ImguiRenderer&) = delete;
  ImguiRenderer& operator=(const ImguiRenderer&) = delete;

  // Again, after they have changed; not between ImGui::NewFrame() and draw().
  void upload_fonts();

  // ImTextureID is SDL_Texture*. Clears nothing and presents nothing.
  void draw(const ImDrawData& data);

 private:
  void draw_rectangle(SDL_Texture* texture, const ImDrawVert& from, const ImDrawVert& to);  // its corners
  void draw_triangles(SDL_Texture* texture, const ImDrawVert* vertices, int num_vertices, const ImDrawIdx* indices,
                      int count);

  SDL_Renderer* renderer_;
  SDL_Texture* fonts_ = nullptr;
};

}  // namespace reverie
