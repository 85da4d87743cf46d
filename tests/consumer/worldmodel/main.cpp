int dream(const char* file);

int main(int argc, char** argv) {
  return argc == 2 ? dream(argv[1]) : 2;
}
